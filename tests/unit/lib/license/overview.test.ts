import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  evaluate,
  isValidState,
  type LicenseState,
  STATES,
} from '../../../../lib/license/evaluate.ts'
import type { License, LicenseId } from '../../../../lib/license/license.ts'
import { readOverview } from '../../../../lib/license/overview.ts'
import { statusAt, toPhases } from '../../../../lib/license/status.ts'
import {
  type CountedLicense,
  type Counters,
  deltaBetween,
  mergeDeltas,
  toCountedLicense,
} from '../../../../lib/license/summary.ts'
import { DAY_MS } from '../../../../lib/license/time.ts'
import {
  type BucketKey,
  type BucketRange,
  toDay,
  toFullMinute,
} from '../../../../lib/license/timeBuckets.ts'
import { aLicense, NOW } from '../../../support/licenses.ts'
import { anyFacts as buildFacts } from './facts.ts'

const MINUTE_MS = 60_000

/** Around the ends of years, months, days, hours and minutes, and anywhere between. */
const anyTime = fc.oneof(
  fc
    .record({
      boundary: fc.constantFrom(
        NOW,
        NOW + 5 * MINUTE_MS,
        NOW + 3_600_000,
        NOW + DAY_MS,
        NOW + 31 * DAY_MS,
        NOW - DAY_MS,
        0,
      ),
      beside: fc.integer({ min: -MINUTE_MS - 2, max: MINUTE_MS + 2 }),
    })
    .map(({ boundary, beside }) => Math.max(0, boundary + beside)),
  fc.integer({ min: 0, max: NOW * 3 }),
)
const anyFacts = buildFacts(anyTime)

const anyLicense = fc
  .record({
    facts: anyFacts,
    tier: fc.constantFrom('free', 'pro', 'odd:tier'),
    createdAt: anyTime,
  })
  .map((terms) => aLicense(terms))

const anyLicenses = fc
  .array(anyLicense, { maxLength: 12 })
  .map((all) => all.map((one, index) => ({ ...one, id: `lic_${index}` as LicenseId })))

/** Reads what changes made, as a store does. */
const reading = (changes: ReadonlyMap<BucketKey, Counters>) => ({
  async read(questions: readonly (readonly BucketRange[])[]): Promise<readonly Counters[]> {
    return questions.map((places) => {
      const found = [...changes].filter(([place]) =>
        places.some(({ from, to }) => from <= place && place <= to),
      )
      const sums = mergeDeltas(found.map(([, counters]) => new Map([['all', counters]])))
      return sums.get('all') ?? new Map()
    })
  },
})

const allOf = (counted: readonly CountedLicense[]) =>
  mergeDeltas(counted.map((one) => deltaBetween(undefined, one)))

/** The same by looking at each license. */
function byHand(licenses: readonly License[], now: number) {
  const at = toFullMinute(now)
  const stateAt = (license: License, time: number) => evaluate(license.facts, time).state
  const isGoodAt = (license: License, time: number) => isValidState(stateAt(license, time))
  const count = (isWanted: (license: License) => boolean) => licenses.filter(isWanted).length
  const days = Array.from({ length: 30 }, (_, index) => toDay(at - (29 - index) * DAY_MS))
  return {
    at,
    states: Object.fromEntries(
      STATES.map((state) => [state, count((license) => stateAt(license, at) === state)]),
    ) as Record<LicenseState, number>,
    trials: count(({ facts }) => evaluate(facts, at).trial === true),
    total: licenses.length,
    expiringSoon: count((license) => isGoodAt(license, at) && !isGoodAt(license, at + 30 * DAY_MS)),
    good: count((license) => isGoodAt(license, at)),
    issuedPerDay: days.map((day) => ({
      day,
      issued: count(({ createdAt }) => toDay(createdAt) === day),
    })),
  }
}

async function counted(changes: ReadonlyMap<BucketKey, Counters>, now: number) {
  const { validByTier, ...seen } = await readOverview({
    summary: reading(changes),
    now,
  })
  return { ...seen, good: [...validByTier.values()].reduce((sum, one) => sum + one, 0) }
}

describe('the phases of a license', () => {
  it('match the evaluation at every time', () => {
    fc.assert(
      fc.property(anyFacts, anyTime, (facts, now) => {
        const phase = toPhases(facts).findLast(({ from }) => from <= now)
        expect(phase?.standing).toBe(statusAt(facts, now))
      }),
      { numRuns: 5000 },
    )
  })

  it('are one for a license that time does not change', () => {
    const revoked = aLicense().facts
    expect(toPhases({ ...revoked, admin: 'revoked' })).toEqual([{ from: 0, standing: 'revoked' }])
  })
})

describe('an overview', () => {
  const later = fc.integer({ min: 60_000 * 60, max: NOW * 3 })

  it('equals a count of all licenses at any time', async () => {
    await fc.assert(
      fc.asyncProperty(anyLicenses, fc.oneof(anyTime, later), async (licenses, now) => {
        const changes = allOf(licenses.map(toCountedLicense))
        const moment = Math.max(now, 30 * DAY_MS)
        expect(await counted(changes, moment)).toEqual(byHand(licenses, moment))
      }),
      { numRuns: 1000 },
    )
  })

  it('drops the previous counts of a changed license', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(anyLicense, anyLicense), { maxLength: 8 }),
        fc.integer({ min: 30 * DAY_MS, max: NOW * 3 }),
        async (pairs, now) => {
          const changes = mergeDeltas(
            pairs.flatMap(([before, after]) => {
              const first = toCountedLicense(before)
              const second = toCountedLicense({ ...after, createdAt: before.createdAt })
              return [deltaBetween(undefined, first), deltaBetween(first, second)]
            }),
          )
          const licenses = pairs.map(([before, after]) => ({
            ...after,
            createdAt: before.createdAt,
          }))
          expect(await counted(changes, now)).toEqual(byHand(licenses, now))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('counts valid licenses by tier, for any tier name', async () => {
    const licenses = [
      aLicense({ tier: 'odd:tier' }),
      aLicense({ tier: 'pro', facts: { ...aLicense().facts, admin: 'revoked' } }),
    ]
    const { validByTier } = await readOverview({
      summary: reading(allOf(licenses.map(toCountedLicense))),
      now: NOW,
    })
    expect([...validByTier]).toEqual([
      ['odd:tier', 1],
      ['pro', 0],
    ])
  })

  it('reads a constant number of bucket ranges over the years', async () => {
    const queries: (readonly BucketRange[])[] = []
    const summary = {
      async read(questions: readonly (readonly BucketRange[])[]) {
        queries.push(...questions)
        return questions.map(() => new Map<string, number>())
      },
    }
    await readOverview({ summary, now: NOW })
    expect(queries.flat()).toHaveLength(13)
  })
})
