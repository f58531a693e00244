import { beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import { DAY_MS, evaluate, type IssueRequest } from '../../../../lib/license/index.ts'
import { StoreUnavailable } from '../../../../lib/license/store.ts'
import { applyEvent } from '../../../../lib/stripe/applyEvent.ts'
import { issueForPayment } from '../../../../lib/stripe/issueForPayment.ts'
import type { StripeEvent } from '../../../../scripts/stripe/objects.ts'
import { anOrder, NOW, someKeys } from '../../../support/licenses.ts'
import {
  aRecordingStore,
  BUYER,
  charge,
  customer,
  DAY,
  dispute,
  refund,
  START,
  session,
  subscription,
  subscriptionCheckout,
  UNNAMED,
} from '../../../support/stripeEvents.ts'

const keys = someKeys()
const refunded = () => [charge('pi_1'), refund('succeeded', { type: 'created' })]

let recording: ReturnType<typeof aRecordingStore>
beforeEach(() => {
  recording = aRecordingStore()
})

async function report(...events: readonly StripeEvent[]) {
  const results = []
  for (const one of events) {
    const context = { store: recording.store, keys, catalog, now: NOW, requestId: 'request_1' }
    results.push(await applyEvent(context, one as unknown as Stripe.Event))
  }
  return results
}

const order = (paymentId: string, changes: Partial<IssueRequest> = {}) =>
  issueForPayment(
    { store: recording.store, keys, now: NOW },
    catalog,
    anOrder({ paymentIntentId: paymentId, ...changes }),
    paymentId,
  )

/** Returns the state of each license on a day. */
async function statesOn(day: number): Promise<string[]> {
  return (await recording.licenses()).map(({ facts }) => {
    const { state, expiresAt } = evaluate(facts, NOW + day * DAY_MS)
    return `${state} until ${expiresAt === null ? 'ever' : (expiresAt - NOW) / DAY_MS}`
  })
}

describe('a license that the vendor’s server ordered for a payment', () => {
  it.each([
    ['a refund', refunded(), 'active until 30'],
    ['a lost dispute', [dispute('lost')], 'revoked until 30'],
  ])('is revoked by %s before or after the order, without a checkout', async (_, events, later) => {
    await order('pi_1')
    await report(...events)
    expect(await statesOn(2)).toEqual(['revoked until 30'])

    recording = aRecordingStore()
    await report(...events)
    await order('pi_1')
    expect(await statesOn(2)).toEqual(['revoked until 30'])
    await report(refund('failed', { type: 'failed' }))
    expect(await statesOn(4)).toEqual([later])
  })

  it('is revoked by a refund after it matched an unmatched purchase', async () => {
    await report(session({ metadata: {} }))
    await order('pi_1')
    await report(...refunded())
    expect(await statesOn(2)).toEqual(['revoked until 30'])
  })

  it('expires if the payment fails', async () => {
    await order('pi_1')
    await report(session({ payment_status: 'unpaid' }))
    expect(await statesOn(1)).toEqual(['active until 30'])
    await report(session({ payment_status: 'unpaid' }, BUYER, 'async_payment_failed'))
    expect((await statesOn(1))[0]).toMatch(/^expired/)
  })

  it('expires if the subscription never begins', async () => {
    await order('sub_1')
    await report(subscription(0, { status: 'incomplete' }))
    expect((await statesOn(1))[0]).toMatch(/^pending/)
    await report(subscription(1, { status: 'incomplete_expired', ended_at: START + DAY }))
    expect((await statesOn(2))[0]).toMatch(/^expired/)
  })
})

describe('a purchase', () => {
  it.each(['pi_1', 'cs_1'])('has one license if it is ordered by %s first', async (id) => {
    await order(id)
    await report(session(), ...refunded())
    expect(await statesOn(2)).toEqual(['revoked until 30'])
    expect(await order('pi_1')).toMatchObject({ value: { repeated: true } })
    expect(await order('cs_1')).toMatchObject({ value: { repeated: true } })
    expect(await recording.licenses()).toHaveLength(1)
  })

  it.each(['pi_1', 'cs_1'])('has one license if it is ordered by %s last', async (id) => {
    await report(session())
    expect(await order(id)).toMatchObject({ ok: true, value: { repeated: true } })
    expect(await recording.licenses()).toHaveLength(1)
  })

  it('has one license by the checkout and by the subscription', async () => {
    await order('cs_1')
    await report(subscriptionCheckout(), subscription(0))
    expect(await order('sub_1')).toMatchObject({ value: { repeated: true } })
    await report(subscription(3, { status: 'canceled', ended_at: START + 3 * DAY }))
    expect(await statesOn(4)).toEqual(['expired until 3'])
  })

  it('causes an alert if two licenses were ordered before its objects were linked', async () => {
    await order('cs_1')
    await order('pi_1')
    expect(await report(session())).toMatchObject([{ alerts: ['LICENSE_CONFLICT'] }])
  })

  it('lasts as long as the vendor’s server chose, before or after Stripe’s event', async () => {
    await order('pi_1', { durationDays: 365 })
    await report(session())
    expect(await statesOn(1)).toEqual(['active until 365'])

    recording = aRecordingStore()
    await report(session())
    await order('pi_1', { durationDays: 30, durationChosen: false })
    expect(await statesOn(1)).toEqual(['active until 30'])
    await order('pi_1', { durationDays: 365 })
    expect(await statesOn(1)).toEqual(['active until 365'])
    await order('pi_1', { durationDays: -1 })
    await report(charge('pi_1', 100))
    expect(await statesOn(1)).toEqual(['active until 365'])
    await report(...refunded())
    expect(await statesOn(1)).toEqual(['revoked until 365'])
  })

  it('keeps the user that the vendor’s server named', async () => {
    await report(session({}, UNNAMED))
    await order('pi_1')
    await report(customer(1, 'new@example.com', { userId: 'user_b' }))
    expect(await recording.licenses()).toMatchObject([
      { userId: 'user_123', userEmail: 'new@example.com' },
    ])
  })
})

describe('an order concurrent with Stripe’s events', () => {
  it.each(['pi_1', 'cs_1'])('leads to one license by %s', async (id) => {
    for (let round = 0; round < 20; round++) {
      recording = aRecordingStore()
      await Promise.all([order(id), report(session()), order(id), report(...refunded())])
      expect(await statesOn(2)).toEqual(['revoked until 30'])
    }
  })

  it('is unavailable if concurrent writes never stop', async () => {
    const store = { ...recording.store, commit: async () => ({ status: 'stale' }) as const }
    const issuing = issueForPayment({ store, keys, now: NOW }, catalog, anOrder(), 'pi_1')
    await expect(issuing).rejects.toThrow(StoreUnavailable)
  })
})
