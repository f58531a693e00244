import { DAY_MS, findReminder, type LicenseStore, type Position } from '../license/index.ts'
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
