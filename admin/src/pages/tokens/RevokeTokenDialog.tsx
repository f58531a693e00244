import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { tokensQuery } from '../../api/queries.ts'
import type { Token } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'

interface RevokeTokenDialogProps {
  readonly token: Token
  readonly isOwn: boolean
  readonly onClose: () => void
}

export function RevokeTokenDialog({ token: { id, name }, isOwn, onClose }: RevokeTokenDialogProps) {
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
    <Dialog
      title={`Revoke ${name}`}
      isOpen
      role="alertdialog"
      canClose={!revoking.isPending}
      onClose={onClose}
    >
      <p>
        Whoever calls with it is refused from now on. It cannot be taken back; another token can be
        made.
      </p>
      {isOwn && (
        <p className="problem">
          <strong>You are signed in with this very token</strong> and will be signed out.
        </p>
      )}
      {revoking.error && (
        <ErrorMessage error={revoking.error} what="It was not revoked, as far as is known." />
      )}
      <div className="buttons">
        <Button onPress={onClose} isDisabled={revoking.isPending}>
          Cancel
        </Button>
        <Button variant="danger" isPending={revoking.isPending} onPress={() => revoking.mutate()}>
          Revoke the token
        </Button>
      </div>
    </Dialog>
  )
}
