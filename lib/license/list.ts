import type { DeviceKey } from './device.ts'
import { type Evaluation, evaluate, isGood, type LicenseState } from './evaluate.ts'
import type { License } from './license.ts'
import type { LicenseStore, Order, Position, Selection } from './store.ts'
import { type Page, walk } from './walk.ts'

/** Which licenses are wanted, and in which order. All of it has to be true of each. */
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
  /** `end`: only those that have one. Goes with nothing that is read by an index of its own. */
  readonly sort?: 'created' | 'end'
  readonly order?: Order
}

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
  const { order } = filter
  const selection = { ...narrowest(filter, now, after), ...(order && { order }) }
  const part = { selection, isWanted: (license: License) => isWanted(license, filter, now) }
  return walk(store, [part], limit, after)
}

/** Renewals on their way carry a license somewhat past the end by which it is listed. */
const LATE_MS = 24 * 60 * 60 * 1000

function narrowest(filter: Filter, now: number, after?: Position): Selection {
  const { device, subscriptionId, userId, userEmail, customerId, tier, expiringBefore } = filter
  if (device !== undefined) return { by: 'device', value: device }
  if (subscriptionId !== undefined) return { by: 'subscriptionId', value: subscriptionId }
  if (userId !== undefined) return { by: 'userId', value: userId }
  if (userEmail !== undefined) return { by: 'userEmail', value: userEmail }
  if (customerId !== undefined) return { by: 'customerId', value: customerId }
  if (expiringBefore !== undefined || filter.sort === 'end') return byEnd(filter, now, after)
  return tier === undefined ? { by: 'creation' } : { by: 'tier', value: tier }
}

/** Those that are good end from now on, and those that have expired did before; of others there is no telling. */
function byEnd({ state, expiringBefore }: Filter, now: number, after?: Position): Selection {
  const isOfGood = expiringBefore !== undefined || (state !== undefined && isGood(state))
  const from = isOfGood ? now - LATE_MS : 0
  const until = state === 'expired' ? now + 1 : Number.MAX_SAFE_INTEGER
  // A list that was begun earlier, or by another clock, goes on from where it is.
  const at = Number(after?.at ?? from)
  const first = Math.min(from, at)
  return { by: 'end', from: first, before: Math.max(expiringBefore ?? until, from + 1, at + 1) }
}

export function isWanted(license: License, filter: Filter, now: number): boolean {
  const {
    state,
    expiringBefore,
    userEmail,
    device: _,
    sort: _sort,
    order: _order,
    ...exact
  } = filter
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
