import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import type { Catalog } from '../../../../lib/catalog/schema.ts'
import { DAY_MS, evaluate } from '../../../../lib/license/index.ts'
import {
  aCharge,
  aCustomer,
  aDispute,
  anEvent,
  anInvoice,
  anInvoicePayment,
  aRefund,
  aSession,
  aSubscription,
  type StripeEvent,
} from '../../../../scripts/stripe/objects.ts'
import { NOW } from '../../../support/licenses.ts'
import { derived, join, NOTHING, told } from '../../../support/stories.ts'

const DAY = 24 * 60 * 60
const START = NOW / 1000
const VERSION = '2026-10-28.endive'
const BUYER = {
  customer: 'cus_1',
  email: 'buyer@example.com',
  metadata: { userId: 'user_123', tier: 'pro' },
}
const MONTH = { start: START, end: START + 30 * DAY }
const NEXT = { start: START + 30 * DAY, end: START + 60 * DAY }
const YEAR = { start: START + 5 * DAY, end: START + 370 * DAY }
const PRO = { price: 'price_pro', quantity: 1 }

let count = 0
const event = (type: string, day: number, object: object): StripeEvent =>
  anEvent(`evt_${++count}`, type, START + day * DAY, object as Record<string, unknown>, VERSION)

const subscription = (
  day: number,
  fields: object = {},
  { type = 'updated', period = MONTH, bought = PRO, buyer = BUYER } = {},
) =>
  event(
    `customer.subscription.${type}`,
    day,
    aSubscription('sub_1', buyer, bought, period, VERSION, { ...fields }),
  )

const invoice = (
  day: number,
  status: string,
  {
    period = MONTH,
    id = 'in_1',
    type = 'invoice.paid',
    bought = PRO,
    proration = false,
    ...fields
  }: {
    period?: { start: number; end: number }
    id?: string
    type?: string
    bought?: { price: string; quantity: number }
    billing_reason?: string
    amount_paid?: number
    proration?: boolean
  } = {},
) =>
  event(
    type,
    day,
    anInvoice(id, 'sub_1', BUYER, [{ ...bought, period, proration }], START + day * DAY, VERSION, {
      status,
      ...fields,
    }),
  )

const paidWith = (id: string, payment: string) =>
  event('invoice_payment.paid', 0, anInvoicePayment(id, payment))

const session = (fields: object = {}, buyer = BUYER) =>
  event(
    'checkout.session.completed',
    0,
    aSession('cs_1', buyer, { payment_intent: 'pi_1', ...fields }),
  )
const subscribed = () =>
  session({ mode: 'subscription', payment_intent: null, subscription: 'sub_1' })

const known = (...events: StripeEvent[]) => events.map(told).reduce(join, NOTHING)
const entitlement = (...events: StripeEvent[]) => derived(known(...events)).entitlement

/** The state after some days, and the day it ends. */
function on(day: number, ...events: StripeEvent[]) {
  const found = entitlement(...events)
  if (!found) return 'nothing'
  const facts = { admin: 'clear', billing: found.billing, risk: found.risk } as const
  const { state, trial, expiresAt } = evaluate(facts, NOW + day * DAY_MS)
  const end = expiresAt === null ? 'ever' : (expiresAt - NOW) / DAY_MS
  return `${state}${trial ? ' on trial' : ''} until ${end}`
}

const active = subscription(0)
const paid = invoice(0, 'paid')

describe('a checkout by itself', () => {
  it.each([
    ['paid', {}, 'active until 30'],
    [
      'for nothing',
      { payment_status: 'no_payment_required', payment_intent: null },
      'active until 30',
    ],
    ['not paid yet', { payment_status: 'unpaid' }, 'pending until ever'],
  ])('that is %s', (_, fields, state) => {
    expect(on(1, session(fields))).toBe(state)
  })

  it('that is for life never ends', () => {
    const buyer = { ...BUYER, metadata: { userId: 'user_123', tier: 'lifetime' } }
    expect(on(9999, session({}, buyer))).toBe('active until ever')
  })

  it('of a subscription waits for the subscription', () => {
    expect(on(1, subscribed())).toBe('pending until ever')
    expect(on(1, subscribed(), active)).toBe('active until 30')
  })

  it('that nobody completed is nothing', () => {
    const expired = { ...session({ payment_status: 'unpaid' }), type: 'checkout.session.expired' }
    expect(on(1, expired)).toBe('nothing')
  })
})

describe('a subscription', () => {
  it.each([
    ['incomplete', {}, 'nothing'],
    ['incomplete_expired', {}, 'nothing'],
    ['trialing', { trial_end: START + 14 * DAY }, 'active on trial until 14'],
    ['active', {}, 'active until 30'],
    ['past_due', {}, 'grace until 14'],
    ['unpaid', {}, 'suspended until 0'],
    ['paused', {}, 'suspended until 0'],
    ['canceled', { ended_at: START + 3 * DAY }, 'nothing'],
  ])('that is %s', (status, fields, state) => {
    expect(on(2, subscription(0, { status, ...fields }))).toBe(state)
  })

  it.each([
    ['at the end of its period', { cancel_at_period_end: true }, 'canceling until 30'],
    ['at some time', { cancel_at: START + 9 * DAY }, 'canceling until 9'],
    ['by both fields', { cancel_at_period_end: true, cancel_at: MONTH.end }, 'canceling until 30'],
  ])('to be cancelled %s', (_, fields, state) => {
    expect(on(2, subscription(0, fields), paid)).toBe(state)
    expect(on(31, subscription(0, fields), paid)).toMatch(/^expired/)
  })

  it('goes on for three hours while its renewal is on the way, and no longer', () => {
    expect(on(30 + 2.9 / 24, active, paid)).toBe('grace until 30.125')
    expect(on(30 + 3.1 / 24, active, paid)).toBe('expired until 30')
  })

  it('ends when it was ended, not when its period does', () => {
    const deleted = subscription(5, { ended_at: START + 5 * DAY }, { type: 'deleted' })
    expect(on(6, active, paid, deleted)).toBe('expired until 5')
  })

  it('follows a change of interval to the new end', () => {
    expect(on(6, active, paid, subscription(5, {}, { period: YEAR }))).toBe('active until 370')
    const year = invoice(0, 'paid', { period: YEAR })
    const month = { start: START + 6 * DAY, end: START + 36 * DAY }
    expect(on(7, year, subscription(6, {}, { period: month }))).toBe('active until 36')
  })

  it('that is paused and resumed is good again', () => {
    const paused = subscription(2, { status: 'paused' }, { type: 'paused' })
    const resumed = subscription(4, {}, { type: 'resumed' })
    expect(on(3, active, paid, paused)).toBe('suspended until 30')
    expect(on(5, active, paid, paused, resumed)).toBe('active until 30')
  })

  it('is not paused by what only stops collecting money', () => {
    const comped = subscription(2, { pause_collection: { behavior: 'keep_as_draft' } })
    expect(on(3, active, paid, comped)).toBe('active until 30')
  })

  it('that the customer pays by hand waits for the first payment', () => {
    const byHand = subscription(0, { collection_method: 'send_invoice' })
    expect(on(1, byHand)).toBe('nothing')
    expect(on(1, byHand, subscribed())).toBe('pending until ever')
    expect(on(1, byHand, paid)).toBe('active until 30')
    const onTrial = { collection_method: 'send_invoice', status: 'trialing', trial_end: MONTH.end }
    expect(on(1, subscription(0, onTrial))).toBe('active on trial until 30')
  })

  it('without items ends with what was paid', () => {
    const bare = subscription(0, { items: { data: [] } })
    expect(on(1, bare)).toBe('expired until 0')
    expect(on(1, bare, paid)).toBe('active until 30')
  })
})

describe('an invoice by itself', () => {
  it.each([
    ['paid', {}, 'active until 30'],
    ['open', { type: 'invoice.payment_failed' }, 'nothing'],
    ['paid', { billing_reason: 'manual' }, 'nothing'],
    ['paid', { billing_reason: 'quote_accept' }, 'nothing'],
  ])('that is %s with %j', (status, fields, state) => {
    expect(on(1, invoice(0, status, fields))).toBe(state)
  })

  it('brings a renewal before the subscription tells of it', () => {
    expect(on(31, active, paid, invoice(30, 'paid', { id: 'in_2', period: NEXT }))).toBe(
      'active until 60',
    )
  })

  it('pays for a subscription that Stripe still calls incomplete', () => {
    expect(on(1, subscription(0, { status: 'incomplete' }), paid)).toBe('active until 30')
  })
})

describe('a renewal that fails', () => {
  const failed = invoice(30, 'open', { id: 'in_2', period: NEXT, type: 'invoice.payment_failed' })
  const pastDue = subscription(30, { status: 'past_due' }, { period: NEXT })
  const before = [active, paid, failed, pastDue]

  it('leaves grace, counted from the invoice, whatever is told later', () => {
    expect(on(43.9, ...before)).toBe('grace until 44')
    expect(on(44.1, ...before)).toBe('suspended until 44')
    const again = subscription(40, { status: 'past_due' }, { period: NEXT })
    expect(on(43.9, ...before, again)).toBe('grace until 44')
  })

  it('leaves grace from the beginning of the period while the invoice is not known', () => {
    expect(on(31, active, paid, pastDue)).toBe('grace until 44')
  })

  it('changes nothing while Stripe calls the subscription active', () => {
    const renewed = subscription(30, {}, { period: NEXT })
    expect(on(31, active, paid, failed, renewed)).toBe('active until 60')
  })

  it('is over once the invoice is paid', () => {
    const recovered = invoice(33, 'paid', { id: 'in_2', period: NEXT })
    expect(on(34, ...before, recovered)).toBe('active until 60')
  })

  it('is not over while another invoice is owed', () => {
    const other = invoice(31, 'open', { id: 'in_3', period: NEXT, type: 'invoice.payment_failed' })
    const recovered = invoice(33, 'paid', { id: 'in_2', period: NEXT })
    expect(on(34, ...before, other, recovered)).toBe('grace until 60')
  })

  it('suspends when Stripe gives up, until it is paid', () => {
    const unpaid = subscription(40, { status: 'unpaid' }, { period: NEXT })
    expect(on(41, ...before, unpaid)).toBe('suspended until 30')
    const late = invoice(42, 'paid', { id: 'in_2', period: NEXT })
    expect(on(43, ...before, unpaid, late)).toBe('active until 60')
  })

  it('is not paid by being written off, though Stripe goes on', () => {
    const off = invoice(35, 'uncollectible', {
      id: 'in_2',
      period: NEXT,
      type: 'invoice.marked_uncollectible',
    })
    const goesOn = subscription(35, {}, { period: NEXT })
    expect(on(36, ...before, off, goesOn)).toBe('grace until 49')
    expect(on(36, active, paid, failed, off, pastDue)).toBe('grace until 49')
  })

  it('is forgiven by an invoice that is voided', () => {
    const voided = invoice(35, 'void', { id: 'in_2', period: NEXT, type: 'invoice.voided' })
    const goesOn = subscription(35, {}, { period: NEXT })
    expect(on(36, ...before, voided, goesOn)).toBe('active until 60')
  })

  it('takes nothing of a period that was paid when a later addition is not', () => {
    const added = invoice(5, 'open', { id: 'in_2', type: 'invoice.payment_failed' })
    const owing = subscription(5, { status: 'past_due' })
    expect(on(6, active, paid, added, owing)).toBe('grace until 30')
  })

  it('is cut short by a cancellation', () => {
    const leaving = subscription(
      31,
      { status: 'past_due', cancel_at: START + 35 * DAY },
      { period: NEXT },
    )
    expect(on(32, ...before, leaving)).toBe('grace until 35')
  })
})

describe('a payment that is not the renewal’s', () => {
  const THIRD = { start: START + 60 * DAY, end: START + 90 * DAY }
  const failed = invoice(30, 'open', { id: 'in_2', period: NEXT, type: 'invoice.payment_failed' })
  const pastDue = subscription(30, { status: 'past_due' }, { period: NEXT })
  const change = { id: 'in_3', billing_reason: 'subscription_update', proration: true }

  it('of an older period pays for no later one', () => {
    const later = subscription(61, { status: 'unpaid' }, { period: THIRD })
    const late = invoice(65, 'paid', { id: 'in_2', period: NEXT })
    expect(on(66, active, paid, failed, later, late)).toBe('expired until 60')
  })

  it('is no renewal, though it ends with the period', () => {
    const small = invoice(31, 'paid', { ...change, period: NEXT, amount_paid: 100 })
    expect(on(32, active, paid, pastDue, small)).toBe('grace until 44')
  })

  it('of nothing proves nothing while the renewal is owed or was written off', () => {
    const nothing = invoice(31, 'paid', { ...change, period: NEXT, amount_paid: 0 })
    expect(on(32, active, paid, failed, pastDue, nothing)).toBe('grace until 44')
    const off = invoice(30, 'uncollectible', {
      id: 'in_2',
      period: NEXT,
      type: 'invoice.marked_uncollectible',
    })
    const goesOn = subscription(31, {}, { period: NEXT })
    expect(on(32, active, paid, off, goesOn, nothing)).toMatch(/^grace/)
  })

  it('of nothing is a renewal for a coupon of all of it', () => {
    const free = invoice(30, 'paid', { id: 'in_2', period: NEXT, amount_paid: 0 })
    expect(on(31, active, paid, subscription(30, {}, { period: NEXT }), free)).toBe(
      'active until 60',
    )
  })

  it('begins a trial, and pays for nothing after it when the customer pays by hand', () => {
    const trial = { start: START, end: START + 14 * DAY }
    const byHand = { collection_method: 'send_invoice', trial_end: trial.end }
    const first = invoice(0, 'paid', { period: trial, amount_paid: 0 })
    const onTrial = subscription(0, { ...byHand, status: 'trialing' }, { period: trial })
    const year = { start: trial.end, end: trial.end + 365 * DAY }
    expect(on(15, first, onTrial, subscription(14, byHand, { period: year }))).toMatch(/^pending/)
  })

  it('that fails takes nothing of what was paid before', () => {
    const yearly = subscription(5, { status: 'past_due' }, { period: YEAR })
    const dear = invoice(5, 'open', { ...change, period: YEAR, type: 'invoice.payment_failed' })
    expect(on(25, active, paid, yearly, dear)).toBe('grace until 30')
  })
})

describe('what an old or odd shape says', () => {
  it('counts for a plan whose id the vendor chose, or that has none', () => {
    for (const price of ['pro-monthly', null]) {
      const bought = { price: price as string, quantity: 10 }
      const told = subscription(0, { cancel_at_period_end: true }, { bought })
      expect(on(1, told)).toBe('canceling until 30')
      expect(entitlement(told)?.seats).toBe(10)
    }
  })

  it('is no customer of ours when it is of a connected account', () => {
    const other = { ...subscription(0), account: 'acct_1' }
    expect(() => told(other)).toThrow('is ignored: account')
  })

  it('names nobody with a name that every object has', () => {
    const buyer = { ...BUYER, metadata: { userId: '__proto__', tier: 'pro' } }
    expect(entitlement(subscription(0, {}, { buyer }))?.userId).toBeNull()
  })
})

describe('money that goes back', () => {
  const refunded = (payment: string, amount = 2900) =>
    event('charge.refunded', 8, aCharge(payment, amount, null))
  const refund = (status: string, { type = 'updated', id = 're_1', amount = 2900 } = {}) =>
    event(`refund.${type}`, 8, aRefund(id, 'pi_1', status, amount))
  const riskOf = (...events: StripeEvent[]) => entitlement(...events)?.risk

  it.each([
    ['all of a purchase', [refunded('pi_1')], 'refunded'],
    ['a part of it', [refunded('pi_1', 1000)], 'clear'],
    ['all, as the refund tells', [refund('succeeded')], 'refunded'],
    ['a part, as the refund tells', [refund('succeeded', { amount: 1000 })], 'clear'],
    [
      'all, in two parts',
      [refund('succeeded', { amount: 1000 }), refund('succeeded', { id: 're_2', amount: 1900 })],
      'refunded',
    ],
    ['all, on its way', [refund('pending')], 'clear'],
    ['all, on its way, as both tell', [refund('pending'), refunded('pi_1')], 'clear'],
    ['all, and it arrived', [refund('pending'), refunded('pi_1'), refund('succeeded')], 'refunded'],
    [
      'all, and the bank sent it back',
      [refund('succeeded'), refunded('pi_1'), refund('failed', { type: 'failed' })],
      'clear',
    ],
  ])('%s', (_, events, risk) => {
    expect(riskOf(session(), ...events)).toBe(risk)
  })

  it('is not what was authorized and never taken', () => {
    const partly = { ...aCharge('pi_1', 1901, null), amount_captured: 1000 }
    expect(riskOf(session({ amount_total: 1000 }), event('charge.refunded', 1, partly))).toBe(
      'clear',
    )
  })

  it('revokes though a small change of the same period was paid since', () => {
    const small = invoice(9, 'paid', {
      id: 'in_3',
      billing_reason: 'subscription_update',
      proration: true,
      amount_paid: 100,
    })
    expect(riskOf(...linked, refunded('pi_1'), small)).toBe('refunded')
    expect(riskOf(...linked, small, paidWith('in_3', 'pi_3'), refunded('pi_3', 100))).toBe('clear')
  })

  it('is found by the charge alone, once that is known', () => {
    const old = { ...aDispute('du_1', 'pi_1', 'lost', '2020-08-27') }
    const lost = event('charge.dispute.closed', 9, old)
    const charge = event('charge.succeeded', 0, aCharge('pi_1', 0, null))
    expect(riskOf(session(), charge, lost)).toBe('lost')
  })

  it('is none where nothing was paid', () => {
    expect(riskOf(session({ amount_total: 0, payment_intent: null }))).toBe('clear')
  })

  const linked = [active, paid, paidWith('in_1', 'pi_1')]
  const next = [invoice(30, 'paid', { id: 'in_2', period: NEXT }), paidWith('in_2', 'pi_2')]
  const renewed = subscription(30, {}, { period: NEXT })

  it('of the month that is paid for revokes, of an older one does not', () => {
    expect(riskOf(...linked, refunded('pi_1'))).toBe('refunded')
    expect(riskOf(...linked, ...next, renewed, refunded('pi_1'))).toBe('clear')
    expect(riskOf(...linked, ...next, renewed, refunded('pi_2'))).toBe('refunded')
    expect(riskOf(...linked, renewed, refunded('pi_1'))).toBe('refunded')
  })

  it('of another payment than the subscription’s is not its own', () => {
    expect(riskOf(...linked, refunded('pi_other'))).toBe('clear')
    expect(riskOf(active, refunded('pi_1'))).toBe('clear')
  })

  const dispute = (status: string, id = 'du_1') =>
    event('charge.dispute.updated', 8, aDispute(id, 'pi_1', status, VERSION))

  it.each([
    ['warning_needs_response', 'clear'],
    ['warning_under_review', 'clear'],
    ['warning_closed', 'clear'],
    ['prevented', 'clear'],
    ['needs_response', 'disputed'],
    ['under_review', 'disputed'],
    ['appeal_needs_response', 'disputed'],
    ['appeal_under_review', 'disputed'],
    ['charge_refunded', 'clear'],
    ['won', 'clear'],
    ['lost', 'lost'],
  ])('in a dispute that is %s', (status, risk) => {
    expect(riskOf(session(), dispute(status))).toBe(risk)
  })

  it('counts as the worst of several disputes and refunds', () => {
    expect(riskOf(session(), dispute('won'), dispute('needs_response', 'du_2'))).toBe('disputed')
    expect(riskOf(session(), dispute('lost'), dispute('won', 'du_2'), refunded('pi_1'))).toBe(
      'lost',
    )
    expect(riskOf(session(), dispute('needs_response'), refunded('pi_1'))).toBe('refunded')
    expect(riskOf(session(), dispute('lost'), dispute('won'))).toBe('clear')
  })
})

describe('whose it is', () => {
  const nobody = { ...BUYER, metadata: { tier: 'pro' } as Record<string, string> }
  const ownerOf = (...events: StripeEvent[]) => entitlement(...events)?.userId

  it.each<[string, StripeEvent[], string | null]>([
    ['the metadata of the checkout', [session()], 'user_123'],
    [
      'its reference',
      [session({ client_reference_id: 'user_ref' }, nobody as typeof BUYER)],
      'user_ref',
    ],
    ['the metadata of the subscription', [active], 'user_123'],
    ['the invoice’s copy of it', [paid], 'user_123'],
    [
      'the charge',
      [
        session({}, nobody as typeof BUYER),
        event('charge.refunded', 1, {
          ...aCharge('pi_1', 1, null),
          metadata: { userId: 'user_charge' },
        }),
      ],
      'user_charge',
    ],
    [
      'the customer',
      [
        session({}, nobody as typeof BUYER),
        event('customer.updated', 1, aCustomer('cus_1', 'a@example.com', { userId: 'user_cus' })),
      ],
      'user_cus',
    ],
    ['nobody', [session({}, nobody as typeof BUYER)], null],
  ])('is said by %s', (_, events, user) => {
    expect(ownerOf(...events)).toBe(user)
  })

  it.each([
    ['cus_Nabc123'],
    ['sub_1'],
    ['x'.repeat(129)],
    ['\ud800'],
    [''],
    [['user_123']],
    [42],
    [null],
  ])('is not said by %j', (userId) => {
    const odd = { ...BUYER, metadata: { userId, tier: 'pro' } }
    expect(ownerOf(session({}, odd as unknown as typeof BUYER))).toBe(null)
  })

  it('is still known after the metadata are emptied', () => {
    const emptied = subscription(
      3,
      {},
      { buyer: { ...BUYER, metadata: {} } as unknown as typeof BUYER },
    )
    const found = derived(known(active, emptied))
    expect(found.entitlement).toMatchObject({ userId: 'user_123', tier: 'pro' })
  })

  it('is to be reached at the newest address', () => {
    const moved = event('customer.updated', 3, aCustomer('cus_1', 'new@example.com'))
    expect(entitlement(session(), moved)?.userEmail).toBe('new@example.com')
    expect(entitlement(moved, paid)?.userEmail).toBe('new@example.com')
    expect(entitlement(session({ customer_details: null }))?.userEmail).toBe(null)
  })
})

describe('what was sold, by the metadata', () => {
  const of = (tier: unknown) =>
    ({ ...BUYER, metadata: { userId: 'user_123', tier } }) as unknown as typeof BUYER

  it('is never a tier that nobody named', () => {
    expect(derived(known(session({}, of(undefined))))).toEqual({
      risk: 'clear',
      mismatch: false,
      issue: 'TIER_MISSING',
    })
    expect(derived(known(session({}, of('platinum'))))).toEqual({
      risk: 'clear',
      mismatch: false,
      issue: 'TIER_UNKNOWN',
    })
    expect(derived(known(session({}, of('__proto__'))))).toMatchObject({ issue: 'TIER_MISSING' })
    expect(derived(known(session({}, of(['pro']))))).toMatchObject({ issue: 'TIER_MISSING' })
  })

  it('stays what it was when the last word cannot be read', () => {
    const found = derived(known(active, subscription(2, {}, { buyer: of('platinum') })))
    expect(found).toMatchObject({ issue: 'TIER_UNKNOWN', entitlement: { tier: 'pro' } })
  })

  it('follows the subscription up and down, with its seats', () => {
    const up = subscription(
      2,
      {},
      { buyer: of('elite'), bought: { price: 'price_e', quantity: 7 } },
    )
    expect(
      entitlement(session({ mode: 'subscription', subscription: 'sub_1' }), active, up),
    ).toMatchObject({ tier: 'elite', seats: 7 })
    const down = subscription(3, {}, { buyer: of('free') })
    expect(entitlement(active, up, down)).toMatchObject({ tier: 'free', seats: 1 })
  })
})

describe('what was sold, by the price', () => {
  const withPrices = (changes: Record<string, string[]>): Catalog => ({
    ...catalog,
    tiers: Object.fromEntries(
      Object.entries(catalog.tiers).map(([name, tier]) => [
        name,
        { ...tier, stripePriceIds: changes[name] ?? [] },
      ]),
    ),
  })
  const priced = withPrices({ pro: ['price_pro', 'price_pro_year'], elite: ['price_elite'] })
  const sold = (...events: StripeEvent[]) => derived(known(...events), priced)
  const liar = { ...BUYER, metadata: { userId: 'user_123', tier: 'lifetime' } }
  const items = (...bought: (readonly [string, number?])[]) => ({
    items: {
      data: bought.map(([price, quantity]) => ({
        price: { id: price },
        quantity,
        current_period_start: MONTH.start,
        current_period_end: MONTH.end,
      })),
    },
  })

  it('is the price’s tier, whatever the metadata say, and that is said aloud', () => {
    expect(sold(active)).toMatchObject({ mismatch: false, entitlement: { tier: 'pro', seats: 3 } })
    expect(sold(subscription(0, {}, { buyer: liar }))).toMatchObject({
      mismatch: true,
      entitlement: { tier: 'pro' },
    })
  })

  it('is the best of several, for as many as that was bought for', () => {
    const several = subscription(0, items(['price_other', 9], ['price_pro', 2], ['price_elite', 4]))
    expect(sold(several)).toMatchObject({ entitlement: { tier: 'elite', seats: 4 } })
    expect(sold(subscription(0, items(['price_pro'])))).toMatchObject({ entitlement: { seats: 3 } })
  })

  it('is nothing for a price that nobody knows', () => {
    const odd = subscription(0, items(['price_odd']), { buyer: liar })
    expect(sold(odd)).toEqual({ risk: 'clear', mismatch: false, issue: 'PRICE_UNKNOWN' })
    expect(sold(subscription(0, items(), { buyer: liar }))).toEqual({
      risk: 'clear',
      mismatch: false,
      issue: 'PRICE_MISSING',
    })
  })

  it('stays what it was when the next price is unknown', () => {
    expect(sold(active, subscription(2, items(['price_odd'])))).toMatchObject({
      issue: 'PRICE_UNKNOWN',
      entitlement: { tier: 'pro' },
    })
  })

  it('is read off an invoice while the subscription is not known', () => {
    expect(sold(paid)).toMatchObject({ entitlement: { tier: 'pro' } })
    const newer = invoice(5, 'paid', { id: 'in_2', bought: { price: 'price_elite', quantity: 1 } })
    expect(sold(paid, newer)).toMatchObject({ entitlement: { tier: 'elite' } })
  })

  it('has to be asked for after a checkout', () => {
    expect(sold(session())).toEqual({
      risk: 'clear',
      mismatch: false,
      issue: 'PRICE_MISSING',
      missing: 'LINE_ITEMS_MISSING',
    })
    const expanded = { line_items: { data: [{ price: { id: 'price_elite' }, quantity: 2 }] } }
    expect(sold(session(expanded))).toMatchObject({ entitlement: { tier: 'elite', seats: 2 } })
    expect(sold(subscribed())).toEqual({ risk: 'clear', mismatch: false })
  })
})

describe('two states of a subscription in one second', () => {
  const states = (...fields: object[]) => fields.map((state) => subscription(1, state))

  it('are settled when one of them is the first, or was never begun, or is the end', () => {
    const first = subscription(1, { status: 'trialing' }, { type: 'created' })
    expect(derived(known(first, subscription(1))).missing).toBeUndefined()
    expect(derived(known(...states({ status: 'incomplete' }, {}))).missing).toBeUndefined()
    const end = subscription(1, { ended_at: START + DAY }, { type: 'deleted' })
    expect(derived(known(end, ...states({}))).missing).toBeUndefined()
  })

  it('are settled when they say the same', () => {
    expect(
      derived(known(...states({ latest_invoice: 'in_1' }, { latest_invoice: 'in_2' }))).missing,
    ).toBeUndefined()
  })

  it('are for Stripe to settle otherwise, in whatever order they came', () => {
    const both = states({ cancel_at_period_end: true }, {})
    const found = derived(known(...both))
    expect(found.missing).toBe('SUBSCRIPTION_UNSETTLED')
    expect(derived(known(...both.toReversed()))).toEqual(found)
    expect(derived(known(...both, subscription(2))).missing).toBeUndefined()
    expect(derived(known(subscription(2), ...both)).missing).toBeUndefined()
  })
})
