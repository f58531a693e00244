import * as z from 'zod/mini'
import type { LicenseId, NoticeKind } from '../license/index.ts'
import type { NoticeRef } from './outbox.ts'

const recipients = z.array(z.object({ emailAddress: z.string() }))

/** As much of an event of SES as is read, as EventBridge hands it on. */
const eventSchema = z.object({
  'detail-type': z.string(),
  detail: z.object({
    mail: z.object({ tags: z.optional(z.record(z.string(), z.array(z.string()))) }),
    bounce: z.optional(z.object({ bounceType: z.string(), bouncedRecipients: recipients })),
    complaint: z.optional(z.object({ complainedRecipients: recipients })),
  }),
})

export type MailEvent = z.input<typeof eventSchema>

export interface DeliveryReport {
  readonly state: 'delivered' | 'bounced' | 'complained'
  /** Absent for mails that are of no license, such as recovered keys. */
  readonly notice?: NoticeRef
  /** The addresses that nothing is to be sent to any more. */
  readonly lost: readonly string[]
}

const addressesIn = (of: z.output<typeof recipients> = []) =>
  of.map(({ emailAddress }) => emailAddress)

/**
 * What an event of SES says of a mail; undefined for those that say nothing new. A mailbox that is full today may have
 * room tomorrow, so only what can never arrive loses an address.
 *
 * @throws ZodError for what is no event of SES
 */
export function parseMailEvent(event: MailEvent): DeliveryReport | undefined {
  const { 'detail-type': type, detail } = z.parse(eventSchema, event)
  const { bounce, complaint, mail } = detail
  const about = noticeIn(mail.tags ?? {})
  const notice = about ? { notice: about } : {}
  switch (type) {
    case 'Email Delivered':
      return { state: 'delivered', ...notice, lost: [] }
    case 'Email Bounced':
      return {
        state: 'bounced',
        ...notice,
        lost: bounce?.bounceType === 'Permanent' ? addressesIn(bounce.bouncedRecipients) : [],
      }
    case 'Email Complaint Received':
      return { state: 'complained', ...notice, lost: addressesIn(complaint?.complainedRecipients) }
    default:
      return undefined
  }
}

/** The notice that a mail was tagged with. */
function noticeIn(tags: Readonly<Record<string, readonly string[]>>): NoticeRef | undefined {
  const [licenseId] = tags['licenseId'] ?? []
  const [kind] = tags['kind'] ?? []
  const [period] = tags['period'] ?? []
  if (licenseId === undefined || kind === undefined || period === undefined) return
  return {
    licenseId: licenseId as LicenseId,
    kind: kind as NoticeKind,
    period: `${Buffer.from(period, 'base64url')}`,
  }
}
