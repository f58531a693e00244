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

const list = async (query: Record<string, string> = {}, path = '/unmatched-purchases') =>
  (await ask('GET', path, { query })).body
const names = async () => (await list()).items.map(({ purchase }: { purchase: string }) => purchase)
const count = async () => (await ask('GET', '/overview')).body.parked

describe('GET /unmatched-purchases', () => {
  it('lists a paid purchase without a tier until a license is issued for it', async () => {
    await send(aSale('lone'))
    const { items } = await list()
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
    expect(await count()).toBe(1)
    const order = { userId: 'user_lone', tier: 'pro', paymentIntentId: items[0].purchase }
    expect((await generate(order)).statusCode).toBe(200)
    expect(await list()).toEqual({ items: [] })
    expect(await count()).toBe(0)
    expect(await send(aSale('lone'))).toMatchObject({ received: true })
    expect(await list()).toEqual({ items: [] })
  })

  it('keeps the time of the first event when more events arrive', async () => {
    await send(aSale('again'))
    test.time.now = NOW + 60_000
    await send(aSale('again'))
    await send(aSale('again', undefined, 'again_2'))
    expect((await list()).items).toMatchObject([{ at: NOW, paymentIntentId: 'pi_again' }])
    await generate({ userId: 'u', tier: 'pro', paymentIntentId: 'pi_again' })
    expect(await names()).toEqual([])
  })

  it('omits purchases that name a tier or already have a license', async () => {
    await generate({ userId: 'user_first', tier: 'pro', paymentIntentId: 'pi_first' })
    await send(aSale('first', { userId: 'user_first' }))
    await send(aSale('good', { userId: 'user_good', tier: 'pro' }))
    expect(await names()).toEqual([])
  })

  it.each(['sale first', 'refund first'])('omits refunded purchases: %s', async (order) => {
    const name = order.replace(' ', '_')
    const events = [aSale(name), aRefund(name)]
    for (const event of order === 'sale first' ? events : events.reverse()) await send(event)
    expect(await names()).toEqual([])
  })

  it('returns pages, newest first, under its former name too', async () => {
    for (const name of ['one', 'two', 'three']) {
      test.time.now += 1000
      await send(aSale(name))
    }
    const first = await list({ limit: '1' })
    expect(await list({ limit: '1' }, '/parked')).toEqual(first)
    // A cursor of one path works on the other.
    const second = await list({ limit: '1', cursor: first.cursor }, '/parked')
    const third = await list({ limit: '1', cursor: second.cursor })
    const last = await list({ limit: '1', cursor: third.cursor })
    expect([first, second, third].map(({ items }) => items[0].paymentIntentId)).toEqual([
      'pi_three',
      'pi_two',
      'pi_one',
    ])
    expect(last).toEqual({ items: [] })
  })
})
