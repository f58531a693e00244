import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { tokensQuery } from '../../api/queries.ts'
import type { Scope } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Checkbox, Field } from '../../components/Fields.tsx'
import { useSingleFlight } from '../../components/useSingleFlight.ts'

const MEANINGS: Readonly<Record<Scope, string>> = {
  'licenses:read': 'look at licenses and figures',
  'licenses:issue': 'issue licenses, one or many',
  'licenses:write': 'change licenses, and see their keys',
  'tokens:manage': 'make and revoke API tokens',
}

interface CreateTokenDialogProps {
  /** What its maker may, and so may give. */
  readonly scopes: readonly Scope[]
  readonly onCreated: (token: string) => void
  readonly onClose: () => void
}

export function CreateTokenDialog({ scopes, onCreated, onClose }: CreateTokenDialogProps) {
  const [name, setName] = useState('')
  const [expires, setExpires] = useState('')
  const [chosen, setChosen] = useState<readonly Scope[]>([])
  const client = useQueryClient()
  const making = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/api/admin/tokens', {
          body: { name: name.trim(), scopes: [...chosen], ...(expires !== '' && { expires }) },
        }),
      ),
    async onSuccess({ token }) {
      announce('The token is made, and shown this once')
      await client.invalidateQueries(tokensQuery())
      onCreated(token)
    },
  })
  const makeOnce = useSingleFlight(making.mutateAsync)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (chosen.length > 0) makeOnce()
  }
  return (
    <Dialog title="Make an API token" isOpen canClose={!making.isPending} onClose={onClose}>
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
            <Checkbox
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
          <ErrorMessage error={making.error} what="No token was made, as far as is known." />
        )}
        <div className="buttons">
          <Button onPress={onClose} isDisabled={making.isPending}>
            Cancel
          </Button>
          <Button
            type="submit"
            variant="primary"
            isPending={making.isPending}
            isDisabled={chosen.length === 0}
          >
            Make the token
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
