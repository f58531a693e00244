import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { LicenseDetail } from '../../api/answers.ts'
import { answerOf, api } from '../../api/client.ts'
import { licenseQuery } from '../../api/queries.ts'
import { Action } from '../../parts/Action.tsx'
import { announce } from '../../parts/Announcer.tsx'
import { MailBadge } from '../../parts/Badge.tsx'
import { Field } from '../../parts/Fields.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Card, Nothing } from '../../parts/Page.tsx'
import { Problem } from '../../parts/Problem.tsx'
import { Window } from '../../parts/Window.tsx'
import { isHeldBack, mailKind } from '../../words/states.ts'

/** What the holder was told, and what became of it. */
export function Mails({ license }: { license: LicenseDetail }) {
  const [isOpen, setOpen] = useState(false)
  const { mails, userEmail } = license
  const isStopped = userEmail !== null && mails.some(({ state }) => isHeldBack(state))
  return (
    <Card
      title="Mails"
      tools={isStopped && <Action onPress={() => setOpen(true)}>Allow mails again</Action>}
    >
      {mails.length === 0 ? (
        <Nothing>Nothing was mailed about it.</Nothing>
      ) : (
        <ul className="lines">
          {mails.map(({ kind, state, at, changedAt, detail }) => (
            <li key={`${kind} ${at}`}>
              <strong>{mailKind(kind)}</strong> <MailBadge state={state} />
              <br />
              <Moment at={changedAt ?? at} />
              {detail !== null && detail !== '' && <p className="reason">{detail}</p>}
            </li>
          ))}
        </ul>
      )}
      {isOpen && userEmail !== null && (
        <Allow license={license} email={userEmail} onClose={() => setOpen(false)} />
      )}
    </Card>
  )
}

interface AllowProps {
  readonly license: LicenseDetail
  readonly email: string
  readonly onClose: () => void
}

function Allow({ license, email, onClose }: AllowProps) {
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const allowing = useMutation({
    mutationFn: () => answerOf(api.POST('/api/admin/mails/allow', { body: { email, reason } })),
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
    <Window title="Allow mails again" isOpen mayClose={!allowing.isPending} onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          Mails to <strong>{email}</strong> came back or were called spam, so none is sent there.
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
        {allowing.error && <Problem error={allowing.error} what="Mails were not allowed." />}
        <div className="buttons">
          <Action onPress={onClose} isDisabled={allowing.isPending}>
            Cancel
          </Action>
          <Action type="submit" kind="main" isPending={allowing.isPending}>
            Allow mails
          </Action>
        </div>
      </form>
    </Window>
  )
}
