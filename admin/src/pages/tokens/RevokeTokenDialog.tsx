import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { tokensQuery } from '../../api/queries.ts'
import type { Token } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { FormDialog } from '../../components/FormDialog.tsx'

interface RevokeTokenDialogProps {
  readonly token: Token
  readonly isCurrent: boolean
  readonly onClose: () => void
}

export function RevokeTokenDialog({
  token: { id, name },
  isCurrent,
  onClose,
}: RevokeTokenDialogProps) {
  const client = useQueryClient()
  const revoking = useMutation({
    mutationFn: () =>
      dataOf(api.POST('/api/admin/tokens/{id}/revoke', { params: { path: { id } } })),
    async onSuccess() {
      announce(`Revoked the token ${name}`)
      await client.invalidateQueries(tokensQuery())
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Revoke ${name}`}
      submitLabel="Revoke token"
      mutation={revoking}
      errorTitle="The token could not be revoked."
      isDangerous
      onClose={onClose}
    >
      <p>
        Requests with this token will be rejected immediately. This cannot be undone, but you can
        create another token.
      </p>
      {isCurrent && (
        <p className="error">
          <strong>You are signed in with this token</strong> and will be signed out.
        </p>
      )}
    </FormDialog>
  )
}
