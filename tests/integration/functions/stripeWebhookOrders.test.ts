import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createHandler } from '../../../functions/stripeWebhook.ts'
import { DAY_MS, evaluate } from '../../../lib/license/index.ts'
import { fromLicenseItem } from '../../../lib/store/item.ts'
import type { StripeEvent } from '../../../scripts/stripe/objects.ts'
import { VERSIONS } from '../../../scripts/stripe/objects.ts'
import { SCENARIOS, type ScenarioName } from '../../../scripts/stripe/scenarios.ts'
import { aContext, aPost } from '../../support/http.ts'
import { NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { buildEvents, OUTCOMES } from '../../support/scenarios.ts'
import { seed, sized } from '../../support/size.ts'
import { aSignature } from '../../support/stripe.ts'
import { allItems } from '../../support/table.ts'

const ORDERS_OF_EACH = sized(2, 15)

async function send({ runtime }: TestRuntime, event: StripeEvent) {
  const body = JSON.stringify(event)
  const headers = { 'stripe-signature': aSignature(body) }
  const post = aPost(body, { route: '/webhooks/stripe', headers })
  return (await createHandler(runtime)(post, aContext())).statusCode
}

/** An order of events, some of them twice and some in pairs at the same moment. */
interface Order {
  readonly events: readonly (readonly StripeEvent[])[]
}

const anOrder = (events: readonly StripeEvent[]): fc.Arbitrary<Order> =>
  fc
    .tuple(
      fc.shuffledSubarray([...events], { minLength: events.length }),
      fc.shuffledSubarray([...events]),
      fc.array(fc.boolean(), { minLength: 32, maxLength: 32 }),
    )
    .map(([all, again, together]) => {
      const order: StripeEvent[][] = []
      for (const [index, event] of [...all, ...again].entries()) {
        const last = order.at(-1)
        if (last?.length === 1 && together[index]) last.push(event)
        else order.push([event])
      }
      return { events: order }
    })

type Ids = Pick<
  (typeof OUTCOMES)[ScenarioName],
  'paymentIntentId' | 'customerId' | 'subscriptionId'
>

/** Every purchase has ids of its own. */
const idsOf = ({ paymentIntentId, customerId, subscriptionId }: Ids) =>
  Object.fromEntries(
    Object.entries({ paymentIntentId, customerId, subscriptionId }).map(([name, id]) => [
      name,
      id && expect.any(String),
    ]),
  )

let test: TestRuntime
beforeEach(async () => {
  test = await aRuntime()
})
afterEach(() => test.stop())

let orders = 0

describe('POST /webhooks/stripe', () => {
  it.each(SCENARIOS)(
    'brings %s to its one end on the real database, in any order',
    async (story) => {
      const { day, state, until, ...terms } = OUTCOMES[story]
      const sample = fc.sample(fc.nat(), { numRuns: ORDERS_OF_EACH, seed })
      await Promise.all(
        sample.map(async (orderSeed, index) => {
          const name = `${story.replaceAll('-', '')}${index}`
          const version = VERSIONS[index % VERSIONS.length] ?? 'hybrid'
          const events = buildEvents(story, version, { name })
          const [order] = fc.sample(anOrder(events), { numRuns: 1, seed: orderSeed })
          for (const group of order?.events ?? []) {
            expect(await Promise.all(group.map((event) => send(test, event)))).toEqual(
              group.map(() => 200),
            )
          }
          orders++
        }),
      )
      const licenses = (await allItems(test.table))
        .filter(({ sk }) => sk === 'LICENSE')
        .map(fromLicenseItem)
      expect(licenses).toHaveLength(ORDERS_OF_EACH)
      for (const license of licenses) {
        const evaluated = evaluate(license.facts, NOW + day * DAY_MS)
        const expiry = evaluated.expiresAt === null ? null : (evaluated.expiresAt - NOW) / DAY_MS
        expect({ ...license, state: evaluated.state, until: expiry }).toMatchObject({
          ...terms,
          ...idsOf(terms),
          state,
          until: until === null ? null : expect.closeTo(until),
        })
      }
    },
  )

  it('covers every story in the promised number of orders', () => {
    expect(orders).toBe(SCENARIOS.length * ORDERS_OF_EACH)
  })
})
