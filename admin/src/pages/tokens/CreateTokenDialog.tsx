import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { tokensQuery } from '../../api/queries.ts'
import type { Scope } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { Checkbox, Field } from '../../components/Fields.tsx'
import { FormDialog } from '../../components/FormDialog.tsx'

const SCOPES: Readonly<Record<Scope, string>> = {
  'licenses:read': 'View licenses and statistics',
  'licenses:issue': 'Issue licenses',
  'licenses:write': 'Change licenses and view their keys',
  'tokens:manage': 'Create and revoke API tokens',
}

interface CreateTokenDialogProps {
  /** The scopes of the current token. A new token cannot have others. */
  readonly scopes: readonly Scope[]
  readonly onCreated: (token: string) => void
  readonly onClose: () => void
}

export function CreateTokenDialog({ scopes, onCreated, onClose }: CreateTokenDialogProps) {
  const [name, setName] = useState('')
  const [expires, setExpires] = useState('')
  const [selected, setSelected] = useState<readonly Scope[]>([])
  const client = useQueryClient()
  const creating = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), scopes: [...selected], ...(expires !== '' && { expires }) }
      return dataOf(api.POST('/api/admin/tokens', { body }))
    },
    async onSuccess({ token }) {
      announce('API token created')
      await client.invalidateQueries(tokensQuery())
      onCreated(token)
    },
  })
  const toggle = (scope: Scope, isSelected: boolean) =>
    setSelected(isSelected ? [...selected, scope] : selected.filter((other) => other !== scope))
  return (
    <FormDialog
      title="Create API token"
      submitLabel="Create token"
      mutation={creating}
      errorTitle="The token could not be created."
      isComplete={selected.length > 0}
      onClose={onClose}
    >
      <Field
        label="Name"
        value={name}
        onChange={setName}
        isRequired
        maxLength={100}
        hint="The person or server that uses the token, such as “checkout server”."
        autoFocus
      />
      <fieldset className="checkboxes">
        <legend>Scopes</legend>
        {scopes.map((scope) => (
          <Checkbox
            key={scope}
            label={
              <>
                {SCOPES[scope]} <code>{scope}</code>
              </>
            }
            isSelected={selected.includes(scope)}
            onChange={(isSelected) => toggle(scope, isSelected)}
          />
        ))}
      </fieldset>
      <Field
        label="Expires on"
        type="date"
        value={expires}
        onChange={setExpires}
        hint="The token expires at the end of this day in UTC. Leave empty for no expiry date."
      />
    </FormDialog>
  )
}
