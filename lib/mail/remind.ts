import { DAY_MS, type License, type Notice, validUntil } from '../license/index.ts'
import type { LicenseStore, Position } from '../license/store.ts'
import type { Outbox } from './outbox.ts'

/** Time of the first reminder before a license expires. */
const AHEAD_MS = 7 * DAY_MS
const PAGE = 100

interface ReminderContext {
  readonly store: Pick<LicenseStore, 'list'>
  readonly outbox: Pick<Outbox, 'add'>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Adds the reminders that are due to the outbox. Repeated and late calls are safe.
 *
 * @returns the number of licenses with a reminder due
 * @throws StoreUnavailable
 */
export async function remind({ store, outbox, now }: ReminderContext): Promise<number> {
  let reminded = 0
  let after: Position | undefined
  do {
    const selection = { by: 'end', from: now, before: now + AHEAD_MS + 1 } as const
    const page = await store.list(selection, PAGE, after)
    const due = page.flatMap(({ license }) => {
      const notice = findReminder(license, now)
      return notice ? [outbox.add(license.id, notice)] : []
    })
    await Promise.all(due)
    reminded += due.length
    after = page.length < PAGE ? undefined : page.at(-1)?.position
  } while (after)
  return reminded
}

const REMINDERS = [
  { kind: 'expiring_1', days: 1 },
  { kind: 'expiring_7', days: 7 },
] as const

/**
 * Returns the reminder that is due for a license that expires and does not renew: seven days before its end, or one.
 * A license issued for a shorter time has none. The result is the same for every caller, since the period is the end
 * itself.
 *
 * @param now milliseconds since the epoch
 */
export function findReminder({ facts, createdAt }: License, now: number): Notice | undefined {
  const { billing, extendedUntil } = facts
  const isRenewed = billing.graceUntil !== undefined && billing.cancelAt === undefined
  const end = validUntil(facts)
  if (!Number.isFinite(end) || end < now) return
  if (isRenewed && (extendedUntil ?? Number.NEGATIVE_INFINITY) < end) return
  const due = REMINDERS.find(({ days }) => end - now <= days * DAY_MS)
  if (!due || createdAt >= end - due.days * DAY_MS) return
  return { kind: due.kind, period: `${end}`, at: now }
}
