import { isValidState, type LicenseState, STATES } from './evaluate.ts'
import type { Status } from './status.ts'
import type { SummaryStore } from './store.ts'
import { type Counters, type StatusCount, toStatusCounts } from './summary.ts'
import { DAY_MS } from './time.ts'
import { bucketsUpTo, toDay, toFullMinute, toIssuedBucket } from './timeBuckets.ts'

/** How many days of issuing an overview shows, with today. */
const SHOWN_DAYS = 30
/** What ends within so many days ends soon. */
const SOON_DAYS = 30

/** How all licenses stand. */
export interface Overview {
  /** The last full minute, in milliseconds since the epoch: of it, all numbers are. */
  readonly at: number
  readonly states: Readonly<Record<LicenseState, number>>
  /** Of those that are active. */
  readonly trials: number
  readonly total: number
  /** Are good, and will not be in thirty days if nothing happens. */
  readonly expiringSoon: number
  /** How many are good, of each tier that has any license. */
  readonly validByTier: ReadonlyMap<string, number>
  /** Of each of the last thirty days in UTC, the last one today. */
  readonly issuedPerDay: readonly { readonly day: string; readonly issued: number }[]
}

/**
 * Looks at how all licenses stand. That costs the same however many there are.
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
  const [then, soon, issued] = (await summary.read([
    bucketsUpTo(at),
    bucketsUpTo(at + SOON_DAYS * DAY_MS),
    [{ from: toIssuedBucket(toDay(first)), to: toIssuedBucket(toDay(at)) }],
  ])) as [Counters, Counters, Counters]
  const stands = toStatusCounts(then)
  return {
    at,
    states: Object.fromEntries(
      STATES.map((state) => [state, sumOf(stands, ({ standing }) => toState(standing) === state)]),
    ) as Record<LicenseState, number>,
    trials: sumOf(stands, ({ standing }) => standing === 'trial'),
    total: sumOf(stands, () => true),
    // Nothing that is over becomes good again by time alone.
    expiringSoon: sumOf(stands, isValidCount) - sumOf(toStatusCounts(soon), isValidCount),
    validByTier: countValidByTier(stands),
    issuedPerDay: Array.from({ length: SHOWN_DAYS }, (_, index) => {
      const day = toDay(first + index * DAY_MS)
      return { day, issued: issued.get(day) ?? 0 }
    }),
  }
}

const toState = (standing: Status): LicenseState => (standing === 'trial' ? 'active' : standing)

const isValidCount = ({ standing }: StatusCount) => isValidState(toState(standing))

const sumOf = (stands: readonly StatusCount[], isWanted: (stand: StatusCount) => boolean) =>
  stands.filter(isWanted).reduce((sum, { licenses }) => sum + licenses, 0)

function countValidByTier(stands: readonly StatusCount[]): ReadonlyMap<string, number> {
  const tiers = new Map<string, number>()
  for (const stand of stands) {
    const { tier, licenses } = stand
    tiers.set(tier, (tiers.get(tier) ?? 0) + (isValidCount(stand) ? licenses : 0))
  }
  return tiers
}
