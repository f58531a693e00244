import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { DAY_MS, evaluate } from '../../../../lib/license/index.ts'
import { canonicalText } from '../../../../lib/stripe/merge.ts'
import { type StripeEvent, VERSIONS } from '../../../../scripts/stripe/objects.ts'
import { SCENARIOS } from '../../../../scripts/stripe/scenarios.ts'
import { NOW } from '../../../support/licenses.ts'
import {
  buildEvents,
  deriveFrom,
  type Known,
  merge,
  NOTHING,
  OUTCOMES,
  readFacts,
} from '../../../support/scenarios.ts'
import { seed, sized } from '../../../support/size.ts'

const mergeAll = (facts: readonly Known[]) => facts.reduce(merge, NOTHING)
const resultOf = (known: Known) => canonicalText(deriveFrom(known))

describe('the events of a scenario, in their order', () => {
  it.each(SCENARIOS.flatMap((name) => VERSIONS.map((version) => [name, version] as const)))(
    '%s in the API version %s have the expected outcome',
    (name, version) => {
      const { day, ...outcome } = OUTCOMES[name]
      const { entitlement } = deriveFrom(mergeAll(buildEvents(name, version).map(readFacts)))
      if (!entitlement) throw new Error('There is no license')
      const { billing, risk, ...terms } = entitlement
      const facts = { admin: 'clear', billing, risk } as const
      const { state, trial, expiresAt } = evaluate(facts, NOW + day * DAY_MS)
      const until = expiresAt === null ? null : (expiresAt - NOW) / DAY_MS
      expect({ ...terms, state, ...(trial && { trial }), until }).toEqual(outcome)
    },
  )
})

let orders = 0

/** The most events of a scenario of which every order is tried. Eight have 40,320 orders. */
const MAX_EVENTS = sized(6, 8)

/** Drops events that only repeat the payment of an invoice, until at most eight are left where that is possible. */
function withoutRepeats(events: readonly StripeEvent[]): readonly StripeEvent[] {
  const repeat = events.findLastIndex(({ type }) => type === 'invoice_payment.paid')
  return events.length > 8 && repeat !== -1 ? withoutRepeats(events.toSpliced(repeat, 1)) : events
}

function forEachOrder(known: Known, left: readonly Known[], visit: (known: Known) => void): void {
  if (left.length === 0) visit(known)
  for (const [index, next] of left.entries()) {
    forEachOrder(merge(known, next), left.toSpliced(index, 1), visit)
  }
}

/** Scenarios of at most eight events, each in one API version. */
const SHORT = SCENARIOS.map((name, index) => {
  const version = VERSIONS[index % VERSIONS.length] ?? 'hybrid'
  return [name, version, withoutRepeats(buildEvents(name, version)).map(readFacts)] as const
}).filter(([, , facts]) => facts.length <= 8)

describe('the events of a scenario, in every order', () => {
  it.each(SHORT.filter(([, , facts]) => facts.length <= MAX_EVENTS))(
    '%s in the API version %s have one result',
    (_, __, facts) => {
      const result = resultOf(mergeAll(facts))
      let others = 0
      forEachOrder(NOTHING, facts, (known) => {
        orders++
        if (resultOf(known) !== result) others++
      })
      expect(others).toBe(0)
    },
  )

  it.each(SHORT)('%s in the API version %s change nothing when repeated', (_, __, facts) => {
    const known = mergeAll(facts)
    for (const one of facts) expect(canonicalText(merge(known, one))).toBe(canonicalText(known))
  })
})

describe('the events of a scenario, in random orders and with repeats', () => {
  const RUNS = sized(100, 2000)

  it.each(SCENARIOS)('%s have one result', (name) => {
    const facts = buildEvents(name, 'hybrid').map(readFacts)
    const result = resultOf(mergeAll(facts))
    const anyOrder = fc.shuffledSubarray(facts, { minLength: facts.length })
    fc.assert(
      fc.property(anyOrder, fc.shuffledSubarray(facts), (all, repeated) => {
        orders++
        expect(resultOf(mergeAll([...all, ...repeated]))).toBe(result)
      }),
      { numRuns: RUNS, seed },
    )
  })

  it('are tried in the promised number of orders', () => {
    expect(orders).toBeGreaterThan(sized(3_000, 100_000))
  })
})
