import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { DAY_MS, evaluate } from '../../../../lib/license/index.ts'
import { canonicalText } from '../../../../lib/stripe/merge.ts'
import { type StripeEvent, VERSIONS } from '../../../../scripts/stripe/objects.ts'
import { SCENARIOS, type ScenarioName } from '../../../../scripts/stripe/scenarios.ts'
import { NOW } from '../../../support/licenses.ts'
import { seed, sized } from '../../../support/size.ts'
import {
  derived,
  ENDS,
  eventsOf,
  join,
  type Known,
  NOTHING,
  told,
} from '../../../support/stories.ts'

/** Returns the terms and the state of the license at the end of a story. */
function endOf(known: Known, name: ScenarioName) {
  const { entitlement } = derived(known)
  if (!entitlement) throw new Error('The story leads to no license')
  const { billing, risk, ...terms } = entitlement
  const { state, trial, expiresAt } = evaluate(
    { admin: 'clear', billing, risk },
    NOW + ENDS[name].day * DAY_MS,
  )
  return {
    ...terms,
    state,
    ...(trial && { trial }),
    until: expiresAt === null ? null : (expiresAt - NOW) / DAY_MS,
  }
}

/** Calls back with what is known after each of all orders of the events. */
function inEveryOrder(known: Known, left: readonly Known[], at: (known: Known) => void): void {
  if (left.length === 0) at(known)
  for (const [index, next] of left.entries()) {
    inEveryOrder(join(known, next), left.toSpliced(index, 1), at)
  }
}

describe('a story in the order in which it happened', () => {
  it.each(SCENARIOS.flatMap((name) => VERSIONS.map((version) => [name, version] as const)))(
    '%s, as told by %s, ends as it should',
    (name, version) => {
      const known = eventsOf(name, version).map(told).reduce(join, NOTHING)
      const { day: _, ...end } = ENDS[name]
      expect(endOf(known, name)).toEqual(end)
    },
  )
})

let orders = 0

/** The most events of a story whose every order is tried. Eight have 40,320 orders. */
const MOST = sized(6, 8)

/** Drops events that only repeat how an invoice was paid, until at most eight are left where that is possible. */
function withoutRepeats(events: readonly StripeEvent[]): readonly StripeEvent[] {
  const repeat = events.findLastIndex(({ type }) => type === 'invoice_payment.paid')
  return events.length > 8 && repeat !== -1 ? withoutRepeats(events.toSpliced(repeat, 1)) : events
}

/** Stories of at most eight events, each told by one API version. */
const STORIES = SCENARIOS.map((name, index) => {
  const version = VERSIONS[index % VERSIONS.length] ?? 'hybrid'
  return [name, version, withoutRepeats(eventsOf(name, version)).map(told)] as const
}).filter(([, , events]) => events.length <= 8)

describe('a story in every order', () => {
  it.each(STORIES.filter(([, , events]) => events.length <= MOST))(
    '%s, as told by %s, has one end',
    (_, __, all) => {
      const end = canonicalText(derived(all.reduce(join, NOTHING)))
      let others = 0
      inEveryOrder(NOTHING, all, (known) => {
        orders++
        if (canonicalText(derived(known)) !== end) others++
      })
      expect(others).toBe(0)
    },
  )

  it.each(STORIES)('%s, as told by %s, learns nothing when an event comes again', (_, __, all) => {
    const whole = all.reduce(join, NOTHING)
    for (const again of all) expect(canonicalText(join(whole, again))).toBe(canonicalText(whole))
  })
})

describe('a story in some orders, with any of its events twice', () => {
  const RUNS = sized(100, 2000)

  it.each(SCENARIOS)('%s has one end', (name) => {
    const all = eventsOf(name, 'hybrid').map(told)
    const end = canonicalText(derived(all.reduce(join, NOTHING)))
    const anyOrder = fc.shuffledSubarray(all, { minLength: all.length })
    fc.assert(
      fc.property(anyOrder, fc.shuffledSubarray(all), (first, again) => {
        orders++
        const known = [...first, ...again].reduce(join, NOTHING)
        expect(canonicalText(derived(known))).toBe(end)
      }),
      { numRuns: RUNS, seed },
    )
  })

  it('covers at least the promised number of orders', () => {
    expect(orders).toBeGreaterThan(sized(3_000, 100_000))
  })
})
