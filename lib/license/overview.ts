import { dayOf, fullMinute, issuedAround, placesUpTo } from './calendar.ts'
import { isGood, type LicenseState, STATES } from './evaluate.ts'
import type { Standing } from './phase.ts'
import type { SummaryStore } from './store.ts'
import { type Counters, type Stand, standsIn } from './summary.ts'
import { DAY_MS } from './time.ts'

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
  readonly goodByTier: ReadonlyMap<string, number>
  /** Of each of the last thirty days in UTC, the last one today. */
  readonly issuedPerDay: readonly { readonly day: string; readonly issued: number }[]
}

/**
 * Looks at how all licenses stand. That costs the same however many there are.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function overview({
  summary,
  now,
}: {
  summary: Pick<SummaryStore, 'read'>
  now: number
}): Promise<Overview> {
  const at = fullMinute(now)
  const first = at - (SHOWN_DAYS - 1) * DAY_MS
  const [then, soon, issued] = (await summary.read([
    placesUpTo(at),
    placesUpTo(at + SOON_DAYS * DAY_MS),
    [{ from: issuedAround(dayOf(first)), to: issuedAround(dayOf(at)) }],
  ])) as [Counters, Counters, Counters]
  const stands = standsIn(then)
  return {
    at,
    states: Object.fromEntries(
      STATES.map((state) => [state, sumOf(stands, ({ standing }) => stateOf(standing) === state)]),
    ) as Record<LicenseState, number>,
    trials: sumOf(stands, ({ standing }) => standing === 'trial'),
    total: sumOf(stands, () => true),
    // Nothing that is over becomes good again by time alone.
    expiringSoon: sumOf(stands, isGoodStand) - sumOf(standsIn(soon), isGoodStand),
    goodByTier: goodByTier(stands),
    issuedPerDay: Array.from({ length: SHOWN_DAYS }, (_, index) => {
      const day = dayOf(first + index * DAY_MS)
      return { day, issued: issued.get(day) ?? 0 }
    }),
  }
}

const stateOf = (standing: Standing): LicenseState => (standing === 'trial' ? 'active' : standing)

const isGoodStand = ({ standing }: Stand) => isGood(stateOf(standing))

const sumOf = (stands: readonly Stand[], isWanted: (stand: Stand) => boolean) =>
  stands.filter(isWanted).reduce((sum, { licenses }) => sum + licenses, 0)

function goodByTier(stands: readonly Stand[]): ReadonlyMap<string, number> {
  const tiers = new Map<string, number>()
  for (const stand of stands) {
    const { tier, licenses } = stand
    tiers.set(tier, (tiers.get(tier) ?? 0) + (isGoodStand(stand) ? licenses : 0))
  }
  return tiers
}
