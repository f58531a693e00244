import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler as createGenerateHandler } from '../../../functions/generate.ts'
import { createHandler as createWebhookHandler } from '../../../functions/stripeWebhook.ts'
import { askAdmin } from '../../support/admin.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { aCheckout, aSignature } from '../../support/stripe.ts'

let test: TestRuntime
let ask: ReturnType<typeof askAdmin>
beforeAll(async () => {
  test = await aRuntime()
  ask = askAdmin(test)
})
beforeEach(() => {
  test.time.now = NOW
})
afterAll(() => test.stop())

async function send(event: object) {
  const payload = JSON.stringify(event)
  const headers = { 'stripe-signature': aSignature(payload, { at: test.time.now }) }
  const post = aPost(payload, { route: '/webhooks/stripe', headers })
  return bodyOf(await createWebhookHandler(test.runtime)(post, aContext()))
}

const aSale = (name: string, metadata: object = { userId: `user_${name}` }, eventName = name) =>
  aCheckout(
    {
      id: `cs_${name}`,
      payment_intent: `pi_${name}`,
      customer: `cus_${name}`,
      metadata,
      customer_details: { email: `${name}@example.com` },
    } as never,
    { id: `evt_${eventName}` },
  )

const aRefund = (name: string) => ({
  id: `evt_refund_${name}`,
  object: 'event',
  type: 'charge.refunded',
  created: NOW / 1000 + 5,
  livemode: false,
  data: {
    object: {
      id: `ch_${name}`,
      object: 'charge',
      payment_intent: `pi_${name}`,
      amount: 1000,
      amount_captured: 1000,
      amount_refunded: 1000,
      refunded: true,
      metadata: {},
    },
  },
})

async function generate(body: object) {
  const headers = { authorization: 'Bearer test_admin_token' }
  const event = aPost(body, { route: '/api/generate', headers })
  return createGenerateHandler(test.runtime)(event, aContext())
}

const parked = async (query: Record<string, string> = {}) =>
  (await ask('GET', '/parked', { query })).body
const names = async () =>
  (await parked()).items.map(({ purchase }: { purchase: string }) => purchase)

describe('GET /parked', () => {
  it('lists what was paid and nobody can say the tier of, until a license is issued for it', async () => {
    await send(aSale('lone'))
    const { items } = await parked()
    expect((await ask('GET', '/overview')).body.parked).toBe(items.length)
    expect(items).toEqual([
      {
        purchase: expect.any(String),
        alerts: ['TIER_MISSING'],
        at: NOW,
        customerId: 'cus_lone',
        subscriptionId: null,
        paymentIntentId: 'pi_lone',
        userId: 'user_lone',
        userEmail: 'lone@example.com',
      },
    ])
    const order = { userId: 'user_lone', tier: 'pro', paymentIntentId: items[0].purchase }
    expect((await generate(order)).statusCode).toBe(200)
    expect(await parked()).toEqual({ items: [] })
    expect((await ask('GET', '/overview')).body.parked).toBe(0)
    expect(await send(aSale('lone'))).toMatchObject({ received: true })
    expect(await parked()).toEqual({ items: [] })
  })

  it('keeps the moment since when it waits, however often it is told of', async () => {
    await send(aSale('again'))
    test.time.now = NOW + 60_000
    await send(aSale('again'))
    await send(aSale('again', undefined, 'again_2'))
    expect((await parked()).items).toMatchObject([{ at: NOW, paymentIntentId: 'pi_again' }])
    await generate({ userId: 'u', tier: 'pro', paymentIntentId: 'pi_again' })
    expect(await names()).toEqual([])
  })

  it('lists nothing that has a license before Stripe tells of it, or that names its tier', async () => {
    await generate({ userId: 'user_first', tier: 'pro', paymentIntentId: 'pi_first' })
    await send(aSale('first', { userId: 'user_first' }))
    await send(aSale('good', { userId: 'user_good', tier: 'pro' }))
    expect(await names()).toEqual([])
  })

  it.each(['sale first', 'refund first'])('lists nothing that was paid back: %s', async (order) => {
    const name = order.replace(' ', '_')
    const events = [aSale(name), aRefund(name)]
    for (const event of order === 'sale first' ? events : events.reverse()) await send(event)
    expect(await names()).toEqual([])
  })

  it('goes on page by page, newest first', async () => {
    for (const name of ['one', 'two', 'three']) {
      test.time.now += 1000
      await send(aSale(name))
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await parked({ limit: '1', ...(cursor !== undefined && { cursor }) })
      seen.push(...page.items.map((item: { paymentIntentId: string }) => item.paymentIntentId))
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(seen).toEqual(['pi_three', 'pi_two', 'pi_one'])
  })
})
