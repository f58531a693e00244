import type { DeviceKey } from './device.ts'
import { type Evaluation, evaluate, isGood, type LicenseState } from './evaluate.ts'
import type { License } from './license.ts'
import type { LicenseStore, Listed, Position, Selection } from './store.ts'

/** Which licenses are wanted. All of it has to be true of each. */
export interface Filter {
  readonly userId?: string
  readonly userEmail?: string
  readonly tier?: string
  readonly state?: LicenseState
  readonly customerId?: string
  readonly subscriptionId?: string
  /** A device that it was ever activated for. */
  readonly device?: DeviceKey
  /** In milliseconds since the epoch: those that are good now and will not be then. */
  readonly expiringBefore?: number
}

export interface Page {
  readonly licenses: readonly License[]
  /** Where the next page begins. Absent on the last one. */
  readonly next?: Position
}

/**
 * How many licenses are looked at for one page, for each that is wanted: a page of what is rare stays short, and is
 * not the last, rather than reading the whole table.
 */
const LOOKED_AT = 10

/**
 * Lists licenses: newest first, or soonest to end first where that is asked for. What is asked for most narrowly is
 * read by its index, the rest is judged of each license; its state by `evaluate` alone.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function listLicenses(
  { store, now }: { store: Pick<LicenseStore, 'list'>; now: number },
  filter: Filter,
  limit: number,
  after?: Position,
): Promise<Page> {
  const selection = narrowest(filter, now, after)
  const found: Listed[] = []
  let position = after
  for (let looked = 0; looked < limit * LOOKED_AT; looked += limit) {
    const part = await store.list(selection, limit, position)
    for (const listed of part) {
      position = listed.position
      if (!isWanted(listed.license, filter, now)) continue
      found.push(listed)
      if (found.length === limit) return pageOf(found, position)
    }
    if (part.length < limit) return pageOf(found)
  }
  return pageOf(found, position)
}

const pageOf = (found: readonly Listed[], next?: Position): Page => ({
  licenses: found.map(({ license }) => license),
  ...(next && { next }),
})

/** Renewals on their way carry a license somewhat past the end by which it is listed. */
const LATE_MS = 24 * 60 * 60 * 1000

function narrowest(filter: Filter, now: number, after?: Position): Selection {
  const { device, subscriptionId, userId, userEmail, customerId, tier, expiringBefore } = filter
  if (device !== undefined) return { by: 'device', value: device }
  if (subscriptionId !== undefined) return { by: 'subscriptionId', value: subscriptionId }
  if (userId !== undefined) return { by: 'userId', value: userId }
  if (userEmail !== undefined) return { by: 'userEmail', value: userEmail }
  if (customerId !== undefined) return { by: 'customerId', value: customerId }
  if (expiringBefore !== undefined) {
    // A list that was begun earlier goes on from where it is.
    const from = Math.min(now - LATE_MS, after?.at ?? now)
    return { by: 'end', from, before: Math.max(expiringBefore, from + 1) }
  }
  return tier === undefined ? { by: 'creation' } : { by: 'tier', value: tier }
}

function isWanted(license: License, filter: Filter, now: number): boolean {
  const { state, expiringBefore, userEmail, device: _, ...exact } = filter
  const evaluated = evaluate(license.facts, now)
  const isExact = Object.entries(exact).every(
    ([name, value]) => license[name as keyof typeof exact] === value,
  )
  return (
    isExact &&
    (userEmail === undefined || license.userEmail?.toLowerCase() === userEmail.toLowerCase()) &&
    (state === undefined || evaluated.state === state) &&
    (expiringBefore === undefined || endsBefore(evaluated, expiringBefore))
  )
}

const endsBefore = ({ state, expiresAt }: Evaluation, before: number) =>
  isGood(state) && expiresAt !== null && expiresAt < before
