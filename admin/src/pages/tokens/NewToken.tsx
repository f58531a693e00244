import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Scope } from '../../api/answers.ts'
import { answerOf, api } from '../../api/client.ts'
import { tokensQuery } from '../../api/queries.ts'
import { Action } from '../../parts/Action.tsx'
import { announce } from '../../parts/Announcer.tsx'
import { Check, Field } from '../../parts/Fields.tsx'
import { Problem } from '../../parts/Problem.tsx'
import { useOnce } from '../../parts/useOnce.ts'
import { Window } from '../../parts/Window.tsx'

const MEANINGS: Readonly<Record<Scope, string>> = {
  'licenses:read': 'look at licenses and figures',
  'licenses:issue': 'issue licenses, one or many',
  'licenses:write': 'change licenses, and see their keys',
  'tokens:manage': 'make and revoke API tokens',
}

interface NewTokenProps {
  /** What its maker may, and so may give. */
  readonly scopes: readonly Scope[]
  readonly onMade: (token: string) => void
  readonly onClose: () => void
}

export function NewToken({ scopes, onMade, onClose }: NewTokenProps) {
  const [name, setName] = useState('')
  const [expires, setExpires] = useState('')
  const [chosen, setChosen] = useState<readonly Scope[]>([])
  const client = useQueryClient()
  const making = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/admin/tokens', {
          body: { name: name.trim(), scopes: [...chosen], ...(expires !== '' && { expires }) },
        }),
      ),
    async onSuccess({ token }) {
      announce('The token is made, and shown this once')
      await client.invalidateQueries(tokensQuery())
      onMade(token)
    },
  })
  const makeOnce = useOnce(making.mutateAsync)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (chosen.length > 0) makeOnce()
  }
  return (
    <Window title="Make an API token" isOpen mayClose={!making.isPending} onClose={onClose}>
      <form onSubmit={submit}>
        <Field
          label="Name"
          value={name}
          onChange={setName}
          isRequired
          maxLength={100}
          hint="Who or what calls with it, as in “checkout server”"
          autoFocus
        />
        <fieldset className="checks">
          <legend>It may</legend>
          {scopes.map((scope) => (
            <Check
              key={scope}
              label={
                <>
                  {MEANINGS[scope]} <code>{scope}</code>
                </>
              }
              isSelected={chosen.includes(scope)}
              onChange={(isSelected) =>
                setChosen(
                  isSelected ? [...chosen, scope] : chosen.filter((other) => other !== scope),
                )
              }
            />
          ))}
        </fieldset>
        <Field
          label="Last day"
          type="date"
          value={expires}
          onChange={setExpires}
          hint="It is good to the end of that day in UTC. Empty is for as long as nobody revokes it."
        />
        {making.error && (
          <Problem error={making.error} what="No token was made, as far as is known." />
        )}
        <div className="buttons">
          <Action onPress={onClose} isDisabled={making.isPending}>
            Cancel
          </Action>
          <Action
            type="submit"
            kind="main"
            isPending={making.isPending}
            isDisabled={chosen.length === 0}
          >
            Make the token
          </Action>
        </div>
      </form>
    </Window>
  )
}
