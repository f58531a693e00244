import { beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import {
  type Batch,
  DAY_MS,
  evaluate,
  type IssueRequest,
  type License,
  type LicenseStore,
  StoreUnavailable,
} from '../../../../lib/license/index.ts'
import { applyEvent } from '../../../../lib/stripe/applyEvent.ts'
import { issueForPayment } from '../../../../lib/stripe/issueForPayment.ts'
import {
  aCharge,
  aCustomer,
  aDispute,
  anEvent,
  aRefund,
  aSession,
  aSubscription,
  type StripeEvent,
} from '../../../../scripts/stripe/objects.ts'
import { anOrder, NOW, someKeys } from '../../../support/licenses.ts'
import { createMemoryStore } from '../../../support/memoryStore.ts'

const keys = someKeys()
const START = NOW / 1000
const DAY = 24 * 60 * 60
const VERSION = '2026-10-28.endive'
const MONTH = { start: START, end: START + 30 * DAY }
const PRO = { price: 'price_pro', quantity: 1 }
const BUYER = {
  customer: 'cus_1',
  email: 'buyer@example.com',
  metadata: { userId: 'user_123', tier: 'pro' },
}

let store: LicenseStore
let issued: License['id'][]
beforeEach(() => {
  issued = []
  store = keeping(createMemoryStore())
})

const keeping = (memory: LicenseStore): LicenseStore => ({
  ...memory,
  async commit(batch: Batch) {
    const outcome = await memory.commit(batch)
    const { license } = batch
    if (outcome.status === 'written' && license && 'issued' in license) {
      issued.push(license.issued.id)
    }
    return outcome
  },
})

let count = 0
const event = (type: string, day: number, object: object): StripeEvent =>
  anEvent(`evt_${++count}`, type, START + day * DAY, object as Record<string, unknown>, VERSION)

const session = (fields: object = {}, type = 'completed', buyer: object = BUYER) =>
  event(
    `checkout.session.${type}`,
    0,
    aSession(
      'cs_1',
      { ...(buyer as typeof BUYER), customer: null },
      { payment_intent: 'pi_1', ...fields },
    ),
  )
const subscription = (day: number, fields: object = {}) =>
  event(
    'customer.subscription.updated',
    day,
    aSubscription('sub_1', BUYER, PRO, MONTH, VERSION, { ...fields }),
  )
const refunded = () => [
  event('charge.refunded', 1, aCharge('pi_1', 2900, 'cus_1')),
  event('refund.created', 1, aRefund('re_1', 'pi_1', 'succeeded')),
]
const lost = () => [event('charge.dispute.closed', 1, aDispute('du_1', 'pi_1', 'lost', VERSION))]

const tell = async (...events: readonly StripeEvent[]) => {
  const told = []
  for (const one of events) {
    told.push(
      await applyEvent(
        { store, keys, catalog, now: NOW, requestId: 'request_1' },
        one as unknown as Stripe.Event,
      ),
    )
  }
  return told
}

const order = (paymentId: string, changes: Partial<IssueRequest> = {}) =>
  issueForPayment(
    { store, keys, now: NOW },
    catalog,
    anOrder({ paymentIntentId: paymentId, ...changes }),
    paymentId,
  )

/** What every license is on some day. */
async function on(day: number): Promise<string[]> {
  const licenses = await Promise.all(issued.map((id) => store.find(id)))
  return licenses.map((license) => {
    if (!license) return 'lost'
    const { state, expiresAt } = evaluate(license.facts, NOW + day * DAY_MS)
    return `${state} until ${expiresAt === null ? 'ever' : (expiresAt - NOW) / DAY_MS}`
  })
}

describe('a license that the vendor’s server ordered for a payment', () => {
  it.each([
    ['a refund', refunded()],
    ['a lost dispute', lost()],
  ])('is revoked by %s, though no Checkout told what it was for', async (_, events) => {
    await order('pi_1')
    await tell(...events)
    expect(await on(2)).toEqual(['revoked until 30'])
  })

  it.each([
    ['a refund', refunded()],
    ['a lost dispute', lost()],
  ])('is revoked from the beginning by %s that came first', async (_, events) => {
    await tell(...events)
    await order('pi_1')
    expect(await on(2)).toEqual(['revoked until 30'])
    await tell(event('refund.failed', 3, aRefund('re_1', 'pi_1', 'failed')))
    expect((await on(4))[0]).toBe(events.length === 2 ? 'active until 30' : 'revoked until 30')
  })

  it('is revoked by a refund after it resolved a purchase that was kept aside', async () => {
    await tell(session({ metadata: {} }))
    await order('pi_1')
    await tell(...refunded())
    expect(await on(2)).toEqual(['revoked until 30'])
  })

  it('ends when the payment fails, whoever came first', async () => {
    await order('pi_1')
    await tell(session({ payment_status: 'unpaid' }))
    expect(await on(1)).toEqual(['active until 30'])
    await tell(session({ payment_status: 'unpaid' }, 'async_payment_failed'))
    expect((await on(1))[0]).toMatch(/^expired/)
  })

  it('ends when the subscription never begins', async () => {
    await order('sub_1')
    await tell(subscription(0, { status: 'incomplete' }))
    expect((await on(1))[0]).toMatch(/^pending/)
    await tell(subscription(1, { status: 'incomplete_expired', ended_at: START + DAY }))
    expect((await on(2))[0]).toMatch(/^expired/)
  })
})

describe('one purchase', () => {
  it.each(['pi_1', 'cs_1'])('that is ordered by %s first is one license', async (id) => {
    await order(id)
    await tell(session(), ...refunded())
    expect(await on(2)).toEqual(['revoked until 30'])
    expect(await order('pi_1')).toMatchObject({ value: { repeated: true } })
    expect(await order('cs_1')).toMatchObject({ value: { repeated: true } })
    expect(issued).toHaveLength(1)
  })

  it.each(['pi_1', 'cs_1'])('that Stripe told of first is one license by %s', async (id) => {
    await tell(session())
    expect(await order(id)).toMatchObject({ ok: true, value: { repeated: true } })
    expect(issued).toHaveLength(1)
  })

  it('of a subscription is one license by the checkout and by the subscription', async () => {
    await order('cs_1')
    await tell(session({ mode: 'subscription', payment_intent: null, subscription: 'sub_1' }))
    await tell(subscription(0))
    expect(await order('sub_1')).toMatchObject({ value: { repeated: true } })
    expect(issued).toHaveLength(1)
    await tell(subscription(3, { status: 'canceled', ended_at: START + 3 * DAY }))
    expect(await on(4)).toEqual(['expired until 3'])
  })

  it('that was ordered twice before anybody knew that it is one is said aloud', async () => {
    await order('cs_1')
    await order('pi_1')
    expect(await tell(session())).toMatchObject([{ alerts: ['LICENSE_CONFLICT'] }])
  })

  it('lasts as long as the vendor’s server chose, whoever came first', async () => {
    await order('pi_1', { durationDays: 365 })
    await tell(session())
    expect(await on(1)).toEqual(['active until 365'])

    issued = []
    store = keeping(createMemoryStore())
    await tell(session())
    await order('pi_1', { durationDays: 30, durationChosen: false })
    expect(await on(1)).toEqual(['active until 30'])
    await order('pi_1', { durationDays: 365 })
    expect(await on(1)).toEqual(['active until 365'])
    await order('pi_1', { durationDays: -1 })
    await tell(event('charge.refunded', 1, aCharge('pi_1', 100, null)))
    expect(await on(1)).toEqual(['active until 365'])
    await tell(...refunded())
    expect(await on(1)).toEqual(['revoked until 365'])
  })

  it('stays with the user that the vendor’s server named', async () => {
    const nobody = { ...BUYER, metadata: { tier: 'pro' } }
    await tell(
      event(
        'checkout.session.completed',
        0,
        aSession('cs_1', nobody as never, { payment_intent: 'pi_1' }),
      ),
    )
    await order('pi_1')
    await tell(
      event('customer.updated', 1, aCustomer('cus_1', 'new@example.com', { userId: 'user_b' })),
    )
    const [license] = await Promise.all(issued.map((id) => store.find(id)))
    expect(license).toMatchObject({ userId: 'user_123', userEmail: 'new@example.com' })
  })
})

describe('an order that meets Stripe at the same moment', () => {
  it.each(['pi_1', 'cs_1'])('leads to one license by %s', async (id) => {
    for (let round = 0; round < 20; round++) {
      issued = []
      store = keeping(createMemoryStore())
      await Promise.all([order(id), tell(session()), order(id), tell(...refunded())])
      expect(await on(2)).toEqual(['revoked until 30'])
    }
  })

  it('starts again, and is unavailable when the others never cease', async () => {
    const busy = { ...store, commit: async () => ({ status: 'stale' }) as const }
    const context = { store: busy, keys, now: NOW }
    await expect(issueForPayment(context, catalog, anOrder(), 'pi_1')).rejects.toThrow(
      StoreUnavailable,
    )
  })
})
