import { isValidState, type LicenseState, STATES } from './evaluate.ts'
import type { Status } from './status.ts'
import type { SummaryStore } from './store.ts'
import { type Counters, type StatusCount, toStatusCounts } from './summary.ts'
import { DAY_MS } from './time.ts'
import { bucketsUpTo, toDay, toFullMinute, toIssuedBucket } from './timeBuckets.ts'

/** The number of days with issued licenses that an overview shows, including today. */
const SHOWN_DAYS = 30
/** The period that counts as expiring soon. */
const SOON_DAYS = 30

/** The number of licenses by status. */
export interface Overview {
  /** The time of all numbers: the last full minute, in milliseconds since the epoch. */
  readonly at: number
  readonly states: Readonly<Record<LicenseState, number>>
  /** The number of active licenses that are trials. */
  readonly trials: number
  readonly total: number
  /** The number of valid licenses that expire within 30 days if nothing changes. */
  readonly expiringSoon: number
  /** The number of valid licenses of each tier that has any license. */
  readonly validByTier: ReadonlyMap<string, number>
  /** The last thirty days in UTC, ending today. */
  readonly issuedPerDay: readonly { readonly day: string; readonly issued: number }[]
}

/**
 * Reads the number of licenses by status. The cost does not depend on the number of licenses.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function readOverview({
  summary,
  now,
}: {
  summary: Pick<SummaryStore, 'read'>
  now: number
}): Promise<Overview> {
  const at = toFullMinute(now)
  const first = at - (SHOWN_DAYS - 1) * DAY_MS
  const [current, soon, issued] = (await summary.read([
    bucketsUpTo(at),
    bucketsUpTo(at + SOON_DAYS * DAY_MS),
    [{ from: toIssuedBucket(toDay(first)), to: toIssuedBucket(toDay(at)) }],
  ])) as [Counters, Counters, Counters]
  const counts = toStatusCounts(current)
  return {
    at,
    states: Object.fromEntries(
      STATES.map((state) => [state, sumOf(counts, ({ standing }) => toState(standing) === state)]),
    ) as Record<LicenseState, number>,
    trials: sumOf(counts, ({ standing }) => standing === 'trial'),
    total: sumOf(counts, () => true),
    // Time alone never makes an invalid license valid.
    expiringSoon: sumOf(counts, isValidCount) - sumOf(toStatusCounts(soon), isValidCount),
    validByTier: countValidByTier(counts),
    issuedPerDay: Array.from({ length: SHOWN_DAYS }, (_, index) => {
      const day = toDay(first + index * DAY_MS)
      return { day, issued: issued.get(day) ?? 0 }
    }),
  }
}

const toState = (standing: Status): LicenseState => (standing === 'trial' ? 'active' : standing)

const isValidCount = ({ standing }: StatusCount) => isValidState(toState(standing))

const sumOf = (counts: readonly StatusCount[], isWanted: (count: StatusCount) => boolean) =>
  counts.filter(isWanted).reduce((sum, { licenses }) => sum + licenses, 0)

function countValidByTier(counts: readonly StatusCount[]): ReadonlyMap<string, number> {
  const tiers = new Map<string, number>()
  for (const count of counts) {
    const { tier, licenses } = count
    tiers.set(tier, (tiers.get(tier) ?? 0) + (isValidCount(count) ? licenses : 0))
  }
  return tiers
}
