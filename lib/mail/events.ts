import * as z from 'zod/mini'
import type { LicenseId, Notice } from '../license/index.ts'
import type { NoticeRef } from './outbox.ts'

const recipients = z.array(z.object({ emailAddress: z.string() }))

/** The fields that are read from an SES event, as delivered by EventBridge. */
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
  /** Absent for emails that belong to no license, such as recovered keys. */
  readonly notice?: NoticeRef
  /** Addresses to suppress. */
  readonly suppress: readonly string[]
}

const toAddresses = (list: z.output<typeof recipients> = []) =>
  list.map(({ emailAddress }) => emailAddress)

/**
 * Parses an SES event; returns undefined for irrelevant types. Only permanent bounces and complaints suppress an address:
 * a mailbox that is full today may accept email tomorrow.
 *
 * @throws ZodError if it is not an SES event
 */
export function parseMailEvent(event: MailEvent): DeliveryReport | undefined {
  const { 'detail-type': type, detail } = z.parse(eventSchema, event)
  const { bounce, complaint, mail } = detail
  const ref = parseTags(mail.tags ?? {})
  const notice = ref ? { notice: ref } : {}
  switch (type) {
    case 'Email Delivered':
      return { state: 'delivered', ...notice, suppress: [] }
    case 'Email Bounced':
      return {
        state: 'bounced',
        ...notice,
        suppress: bounce?.bounceType === 'Permanent' ? toAddresses(bounce.bouncedRecipients) : [],
      }
    case 'Email Complaint Received':
      return {
        state: 'complained',
        ...notice,
        suppress: toAddresses(complaint?.complainedRecipients),
      }
    default:
      return undefined
  }
}

/** Returns the notice that an email was tagged with. */
function parseTags(tags: Readonly<Record<string, readonly string[]>>): NoticeRef | undefined {
  const [licenseId] = tags['licenseId'] ?? []
  const [kind] = tags['kind'] ?? []
  const [period] = tags['period'] ?? []
  if (licenseId === undefined || kind === undefined || period === undefined) return
  return {
    licenseId: licenseId as LicenseId,
    kind: kind as Notice['kind'],
    period: `${Buffer.from(period, 'base64url')}`,
  }
}
