import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { licenseQuery } from '../../api/queries.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { EmailBadge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Field } from '../../components/Fields.tsx'
import { Card, EmptyState } from '../../components/Page.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { emailKindLabel, isUndeliverable } from '../../labels/states.ts'

/** What the holder was told, and what became of it. */
export function Emails({ license }: { license: LicenseDetail }) {
  const [isOpen, setOpen] = useState(false)
  const { mails, userEmail } = license
  const isStopped = userEmail !== null && mails.some(({ state }) => isUndeliverable(state))
  return (
    <Card
      title="Mails"
      tools={isStopped && <Button onPress={() => setOpen(true)}>Allow mails again</Button>}
    >
      {mails.length === 0 ? (
        <EmptyState>Nothing was mailed about it.</EmptyState>
      ) : (
        <ul className="lines">
          {mails.map(({ kind, state, at, changedAt, detail }) => (
            <li key={`${kind} ${at}`}>
              <strong>{emailKindLabel(kind)}</strong> <EmailBadge state={state} />
              <br />
              <Timestamp at={changedAt ?? at} />
              {detail !== null && detail !== '' && <p className="reason">{detail}</p>}
            </li>
          ))}
        </ul>
      )}
      {isOpen && userEmail !== null && (
        <AllowEmailsDialog license={license} email={userEmail} onClose={() => setOpen(false)} />
      )}
    </Card>
  )
}

interface AllowEmailsDialogProps {
  readonly license: LicenseDetail
  readonly email: string
  readonly onClose: () => void
}

function AllowEmailsDialog({ license, email, onClose }: AllowEmailsDialogProps) {
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const allowing = useMutation({
    mutationFn: () => dataOf(api.POST('/api/admin/mails/allow', { body: { email, reason } })),
    onSuccess: async () => {
      announce(`Mails go to ${email} again`)
      await client.invalidateQueries(licenseQuery(license.id))
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!allowing.isPending) allowing.mutate()
  }
  return (
    <Dialog title="Allow mails again" isOpen canClose={!allowing.isPending} onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          Emails to <strong>{email}</strong> came back or were called spam, so none is sent there.
          Allow them only when the address was mended or its owner asked for it.
        </p>
        <Field
          label="Reason"
          value={reason}
          onChange={setReason}
          isRequired
          maxLength={500}
          autoFocus
        />
        {allowing.error && <ErrorMessage error={allowing.error} what="Mails were not allowed." />}
        <div className="buttons">
          <Button onPress={onClose} isDisabled={allowing.isPending}>
            Cancel
          </Button>
          <Button type="submit" variant="primary" isPending={allowing.isPending}>
            Allow mails
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
