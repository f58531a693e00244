import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createHandler } from '../../../functions/stripeWebhook.ts'
import { DAY_MS, evaluate } from '../../../lib/license/index.ts'
import { fromLicenseItem } from '../../../lib/store/item.ts'
import { type StripeEvent, VERSIONS } from '../../../scripts/stripe/objects.ts'
import { SCENARIOS } from '../../../scripts/stripe/scenarios.ts'
import { aContext, aPost } from '../../support/http.ts'
import { NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { buildEvents, OUTCOMES } from '../../support/scenarios.ts'
import { seed, sized } from '../../support/size.ts'
import { aSignature } from '../../support/stripe.ts'
import { allItems } from '../../support/table.ts'

const ORDERS_PER_SCENARIO = sized(2, 15)

async function send({ runtime }: TestRuntime, event: StripeEvent) {
  const body = JSON.stringify(event)
  const headers = { 'stripe-signature': aSignature(body) }
  const post = aPost(body, { route: '/webhooks/stripe', headers })
  return (await createHandler(runtime)(post, aContext())).statusCode
}

/** An order of events, some of them twice, in groups of one or two that are sent concurrently. */
const anOrder = (events: readonly StripeEvent[]): fc.Arbitrary<readonly StripeEvent[][]> =>
  fc
    .tuple(
      fc.shuffledSubarray([...events], { minLength: events.length }),
      fc.shuffledSubarray([...events]),
      fc.array(fc.boolean(), { minLength: 32, maxLength: 32 }),
    )
    .map(([all, repeated, isPaired]) => {
      const groups: StripeEvent[][] = []
      for (const [index, event] of [...all, ...repeated].entries()) {
        const last = groups.at(-1)
        if (last?.length === 1 && isPaired[index]) last.push(event)
        else groups.push([event])
      }
      return groups
    })

let test: TestRuntime
beforeEach(async () => {
  test = await aRuntime()
})
afterEach(() => test.stop())

let orders = 0

describe('POST /webhooks/stripe', () => {
  it.each(SCENARIOS)('brings %s to one outcome on DynamoDB, in any order', async (scenario) => {
    const { day, state, until, ...terms } = OUTCOMES[scenario]
    const sample = fc.sample(fc.nat(), { numRuns: ORDERS_PER_SCENARIO, seed })
    await Promise.all(
      sample.map(async (orderSeed, index) => {
        const name = `${scenario.replaceAll('-', '')}${index}`
        const version = VERSIONS[index % VERSIONS.length] ?? 'hybrid'
        const events = buildEvents(scenario, version, { name })
        const [groups = []] = fc.sample(anOrder(events), { numRuns: 1, seed: orderSeed })
        for (const group of groups) {
          const statuses = await Promise.all(group.map((event) => send(test, event)))
          expect(statuses).toEqual(group.map(() => 200))
        }
        orders++
      }),
    )
    const licenses = (await allItems(test.table))
      .filter(({ sk }) => sk === 'LICENSE')
      .map(fromLicenseItem)
    expect(licenses).toHaveLength(ORDERS_PER_SCENARIO)
    // The ids contain the name of the purchase.
    const anId = (id: string | null) => id && expect.any(String)
    for (const license of licenses) {
      const evaluated = evaluate(license.facts, NOW + day * DAY_MS)
      const expiry = evaluated.expiresAt === null ? null : (evaluated.expiresAt - NOW) / DAY_MS
      expect({ ...license, state: evaluated.state, until: expiry }).toMatchObject({
        ...terms,
        paymentIntentId: anId(terms.paymentIntentId),
        customerId: anId(terms.customerId),
        subscriptionId: anId(terms.subscriptionId),
        state,
        until: until === null ? null : expect.closeTo(until),
      })
    }
  })

  it('was tested in the promised number of orders', () => {
    expect(orders).toBe(SCENARIOS.length * ORDERS_PER_SCENARIO)
  })
})
