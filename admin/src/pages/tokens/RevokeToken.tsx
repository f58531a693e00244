import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Token } from '../../api/answers.ts'
import { answerOf, api } from '../../api/client.ts'
import { tokensQuery } from '../../api/queries.ts'
import { Action } from '../../parts/Action.tsx'
import { announce } from '../../parts/Announcer.tsx'
import { Problem } from '../../parts/Problem.tsx'
import { Window } from '../../parts/Window.tsx'

interface RevokeTokenProps {
  readonly token: Token
  readonly isOwn: boolean
  readonly onClose: () => void
}

export function RevokeToken({ token: { id, name }, isOwn, onClose }: RevokeTokenProps) {
  const client = useQueryClient()
  const revoking = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/admin/tokens/{id}/revoke', { params: { path: { id } } })),
    async onSuccess() {
      announce(`Revoked the token ${name}`)
      await client.invalidateQueries(tokensQuery())
      onClose()
    },
  })
  return (
    <Window
      title={`Revoke ${name}`}
      isOpen
      role="alertdialog"
      mayClose={!revoking.isPending}
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
        <Problem error={revoking.error} what="It was not revoked, as far as is known." />
      )}
      <div className="buttons">
        <Action onPress={onClose} isDisabled={revoking.isPending}>
          Cancel
        </Action>
        <Action kind="danger" isPending={revoking.isPending} onPress={() => revoking.mutate()}>
          Revoke the token
        </Action>
      </div>
    </Window>
  )
}
