import type { DeviceKey } from './device.ts'
import { type Evaluation, evaluate, isValidState, type LicenseState } from './evaluate.ts'
import type { License } from './license.ts'
import { type Page, paginate } from './paginate.ts'
import type { LicenseStore, Position, Selection, SortOrder } from './store.ts'

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
  readonly order?: SortOrder
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
  const selection = { ...selectIndex(filter, now, after), ...(order && { order }) }
  const part = { selection, isWanted: (license: License) => matchesFilter(license, filter, now) }
  return paginate(store, [part], limit, after)
}

/** Renewals on their way carry a license somewhat past the end by which it is listed. */
const LATE_MS = 24 * 60 * 60 * 1000

function selectIndex(filter: Filter, now: number, after?: Position): Selection {
  const { device, subscriptionId, userId, userEmail, customerId, tier, expiringBefore } = filter
  if (device !== undefined) return { by: 'device', value: device }
  if (subscriptionId !== undefined) return { by: 'subscriptionId', value: subscriptionId }
  if (userId !== undefined) return { by: 'userId', value: userId }
  if (userEmail !== undefined) return { by: 'userEmail', value: userEmail }
  if (customerId !== undefined) return { by: 'customerId', value: customerId }
  if (expiringBefore !== undefined || filter.sort === 'end') return selectByEnd(filter, now, after)
  return tier === undefined ? { by: 'creation' } : { by: 'tier', value: tier }
}

/** Those that are good end from now on, and those that have expired did before; of others there is no telling. */
function selectByEnd({ state, expiringBefore }: Filter, now: number, after?: Position): Selection {
  const isOfGood = expiringBefore !== undefined || (state !== undefined && isValidState(state))
  const from = isOfGood ? now - LATE_MS : 0
  const until = state === 'expired' ? now + 1 : Number.MAX_SAFE_INTEGER
  // A list that was begun earlier, or by another clock, goes on from where it is.
  const at = Number(after?.at ?? from)
  const first = Math.min(from, at)
  return { by: 'end', from: first, before: Math.max(expiringBefore ?? until, from + 1, at + 1) }
}

export function matchesFilter(license: License, filter: Filter, now: number): boolean {
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
    (expiringBefore === undefined || expiresBefore(evaluated, expiringBefore))
  )
}

const expiresBefore = ({ state, expiresAt }: Evaluation, before: number) =>
  isValidState(state) && expiresAt !== null && expiresAt < before
