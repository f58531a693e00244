import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { licenseQuery } from '../../api/queries.ts'
import type { LicenseDetail } from '../../api/types.ts'
import { announce } from '../../components/Announcer.tsx'
import { StatusBadge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { Field } from '../../components/Fields.tsx'
import { FormDialog } from '../../components/FormDialog.tsx'
import { Card, EmptyState } from '../../components/Page.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { describeEmailState, emailKindLabel, isUndeliverable } from '../../labels/states.ts'

/** The emails about the license and their delivery. */
export function Emails({ license }: { license: LicenseDetail }) {
  const [isOpen, setOpen] = useState(false)
  const { mails, userEmail } = license
  const isBlocked = userEmail !== null && mails.some(({ state }) => isUndeliverable(state))
  return (
    <Card
      title="Emails"
      toolbar={isBlocked && <Button onPress={() => setOpen(true)}>Unblock address</Button>}
    >
      {mails.length === 0 && <EmptyState>No emails sent.</EmptyState>}
      <ul className="entries">
        {mails.map(({ kind, state, at, changedAt, detail }) => (
          <li key={`${kind} ${at}`}>
            <strong>{emailKindLabel(kind)}</strong>{' '}
            <StatusBadge status={describeEmailState(state)} />
            <br />
            <Timestamp at={changedAt ?? at} />
            {detail && <p className="reason">{detail}</p>}
          </li>
        ))}
      </ul>
      {isOpen && userEmail !== null && (
        <UnblockDialog license={license} email={userEmail} onClose={() => setOpen(false)} />
      )}
    </Card>
  )
}

interface UnblockDialogProps {
  readonly license: LicenseDetail
  readonly email: string
  readonly onClose: () => void
}

function UnblockDialog({ license, email, onClose }: UnblockDialogProps) {
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const unblocking = useMutation({
    mutationFn: () => dataOf(api.POST('/api/admin/mails/allow', { body: { email, reason } })),
    onSuccess: async () => {
      announce(`Unblocked ${email}`)
      await client.invalidateQueries(licenseQuery(license.id))
      onClose()
    },
  })
  return (
    <FormDialog
      title="Unblock address"
      submitLabel="Unblock address"
      mutation={unblocking}
      errorTitle="The address could not be unblocked."
      onClose={onClose}
    >
      <p>
        Emails to <strong>{email}</strong> bounced or were marked as spam, so sending is blocked.
        Unblock the address only if the problem is fixed or the customer asked for it.
      </p>
      <Field
        label="Reason"
        value={reason}
        onChange={setReason}
        isRequired
        maxLength={500}
        autoFocus
      />
    </FormDialog>
  )
}
