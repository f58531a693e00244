import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { DAY_MS, evaluate } from '../../../../lib/license/index.ts'
import { textOf } from '../../../../lib/stripe/join.ts'
import { type StripeEvent, VERSIONS } from '../../../../scripts/stripe/objects.ts'
import { SCENARIOS, type ScenarioName } from '../../../../scripts/stripe/scenarios.ts'
import { NOW } from '../../../support/licenses.ts'
import {
  derived,
  ENDS,
  eventsOf,
  join,
  type Known,
  NOTHING,
  told,
} from '../../../support/stories.ts'

/** What the license is at the end of a story, and whether it was what the story says. */
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

/** At most eight: of some stories without the events that only say once more how an invoice was paid. */
function upToEight(events: readonly StripeEvent[]): readonly StripeEvent[] {
  const extra = events.findLastIndex(({ type }) => type === 'invoice_payment.paid')
  return events.length > 8 && extra !== -1 ? upToEight(events.toSpliced(extra, 1)) : events
}

describe('a story in every order', () => {
  const short = SCENARIOS.filter((name) => upToEight(eventsOf(name, 'hybrid')).length <= 8)

  it.each(
    short.map((name, index) => [name, VERSIONS[index % VERSIONS.length] ?? 'hybrid'] as const),
  )(
    '%s, as told by %s, has one end',
    (name, version) => {
      const all = upToEight(eventsOf(name, version)).map(told)
      const whole = all.reduce(join, NOTHING)
      const end = textOf(derived(whole))
      let others = 0
      inEveryOrder(NOTHING, all, (known) => {
        orders++
        if (textOf(derived(known)) !== end) others++
      })
      expect(others).toBe(0)
      // And nothing is new when any of it comes again.
      for (const again of all) expect(textOf(join(whole, again))).toBe(textOf(whole))
    },
    120_000,
  )

  it('of a whole life has one end in any order, with any of it twice', () => {
    const all = eventsOf('life', 'hybrid').map(told)
    const end = textOf(derived(all.reduce(join, NOTHING)))
    const anyOrder = fc.shuffledSubarray(all, { minLength: all.length })
    fc.assert(
      fc.property(anyOrder, fc.shuffledSubarray(all), (first, again) => {
        orders++
        const known = [...first, ...again].reduce(join, NOTHING)
        expect(textOf(derived(known))).toBe(end)
      }),
      { numRuns: 2000 },
    )
  })

  it('was tens of thousands of orders', () => {
    process.stderr.write(`Stripe events were joined in ${orders} orders.\n`)
    expect(orders).toBeGreaterThan(100_000)
  })
})
