import { describe, expect, it } from '@jest/globals'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import type { Catalog } from '../../../../lib/catalog/schema.ts'
import { DAY_MS, evaluate } from '../../../../lib/license/index.ts'
import {
  aCharge,
  aDispute,
  anInvoicePayment,
  type StripeEvent,
} from '../../../../scripts/stripe/objects.ts'
import { NOW } from '../../../support/licenses.ts'
import { deriveFrom, merge, NOTHING, readFacts } from '../../../support/scenarios.ts'
import {
  aBuyer,
  aPricedCatalog,
  BUYER,
  charge,
  customer,
  DAY,
  dispute,
  event,
  invoice,
  MONTH,
  NEXT,
  refund,
  START,
  session,
  subscription,
  subscriptionCheckout,
  UNNAMED,
} from '../../../support/stripeEvents.ts'

const YEAR = { start: START + 5 * DAY, end: START + 370 * DAY }

const linkPayment = (id: string, payment: string) =>
  event('invoice_payment.paid', 0, anInvoicePayment(id, payment))

const derived = (events: readonly StripeEvent[], by: Catalog = catalog) =>
  deriveFrom(events.map(readFacts).reduce(merge, NOTHING), by)
const entitlement = (...events: StripeEvent[]) => derived(events).entitlement

/** Returns the state after some days, and the day on which it ends. */
function stateOn(day: number, ...events: readonly StripeEvent[]) {
  const found = derived(events).entitlement
  if (!found) return 'nothing'
  const facts = { admin: 'clear', billing: found.billing, risk: found.risk } as const
  const { state, trial, expiresAt } = evaluate(facts, NOW + day * DAY_MS)
  const end = expiresAt === null ? 'ever' : (expiresAt - NOW) / DAY_MS
  return `${state}${trial ? ' on trial' : ''} until ${end}`
}

type Row = [title: string, day: number, events: readonly StripeEvent[], state: string]

const active = subscription(0)
const paid = invoice(0, 'paid')
const paidNext = (day: number) => invoice(day, 'paid', { id: 'in_2', period: NEXT })
const renewed = subscription(30, {}, { period: NEXT })
const writtenOff = (day: number) =>
  invoice(day, 'uncollectible', { id: 'in_2', period: NEXT, type: 'marked_uncollectible' })
const free = { payment_status: 'no_payment_required', payment_intent: null }

describe('a checkout', () => {
  it.each<Row>([
    ['is active if it is paid', 1, [session()], 'active until 30'],
    ['is active if it is free', 1, [session(free)], 'active until 30'],
    [
      'is pending until it is paid',
      1,
      [session({ payment_status: 'unpaid' })],
      'pending until ever',
    ],
    [
      'never expires for a lifetime tier',
      9999,
      [session({}, aBuyer({ userId: 'user_123', tier: 'lifetime' }))],
      'active until ever',
    ],
    ['of a subscription waits for it', 1, [subscriptionCheckout()], 'pending until ever'],
    ['is followed by its subscription', 1, [subscriptionCheckout(), active], 'active until 30'],
    [
      'that expired is nothing',
      1,
      [session({ payment_status: 'unpaid' }, BUYER, 'expired')],
      'nothing',
    ],
  ])('%s', (_, day, events, state) => {
    expect(stateOn(day, ...events)).toBe(state)
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
  ])('with status %s and %j is: %s', (status, fields, state) => {
    expect(stateOn(2, subscription(0, { status, ...fields }))).toBe(state)
  })

  it.each([
    [{ cancel_at_period_end: true }, 'canceling until 30'],
    [{ cancel_at: START + 9 * DAY }, 'canceling until 9'],
    [{ cancel_at_period_end: true, cancel_at: MONTH.end }, 'canceling until 30'],
  ])('that cancels with %j is: %s', (fields, state) => {
    expect(stateOn(2, subscription(0, fields), paid)).toBe(state)
    expect(stateOn(31, subscription(0, fields), paid)).toMatch(/^expired/)
  })

  const month = { start: START + 6 * DAY, end: START + 36 * DAY }
  const paused = subscription(2, { status: 'paused' }, { type: 'paused' })
  const byHand = subscription(0, { collection_method: 'send_invoice' })
  const trialByHand = subscription(0, {
    collection_method: 'send_invoice',
    status: 'trialing',
    trial_end: MONTH.end,
  })
  const withoutItems = subscription(0, { items: { data: [] } })
  it.each<Row>([
    ['has three hours for its renewal', 30 + 2.9 / 24, [active, paid], 'grace until 30.125'],
    ['expires after three hours', 30 + 3.1 / 24, [active, paid], 'expired until 30'],
    [
      'changes to a yearly interval',
      6,
      [active, paid, subscription(5, {}, { period: YEAR })],
      'active until 370',
    ],
    [
      'changes to a monthly interval',
      7,
      [invoice(0, 'paid', { period: YEAR }), subscription(6, {}, { period: month })],
      'active until 36',
    ],
    ['is suspended while paused', 3, [active, paid, paused], 'suspended until 30'],
    [
      'is active after it is resumed',
      5,
      [active, paid, paused, subscription(4, {}, { type: 'resumed' })],
      'active until 30',
    ],
    [
      'is active while only its payments are paused',
      3,
      [active, paid, subscription(2, { pause_collection: { behavior: 'keep_as_draft' } })],
      'active until 30',
    ],
    ['that is paid by hand is nothing at first', 1, [byHand], 'nothing'],
    [
      'that is paid by hand waits for the payment',
      1,
      [byHand, subscriptionCheckout()],
      'pending until ever',
    ],
    ['that is paid by hand is active once paid', 1, [byHand, paid], 'active until 30'],
    ['that is paid by hand can be on trial', 1, [trialByHand], 'active on trial until 30'],
    ['without items is expired', 1, [withoutItems], 'expired until 0'],
    ['without items lasts as long as it was paid', 1, [withoutItems, paid], 'active until 30'],
  ])('%s', (_, day, events, state) => {
    expect(stateOn(day, ...events)).toBe(state)
  })
})

describe('an invoice', () => {
  it.each<Row>([
    ['is active without its subscription', 1, [paid], 'active until 30'],
    ['is nothing while open', 1, [invoice(0, 'open', { type: 'payment_failed' })], 'nothing'],
    [
      'is nothing if created by hand',
      1,
      [invoice(0, 'paid', { billing_reason: 'manual' })],
      'nothing',
    ],
    [
      'is nothing if created from a quote',
      1,
      [invoice(0, 'paid', { billing_reason: 'quote_accept' })],
      'nothing',
    ],
    ['renews before its subscription does', 31, [active, paid, paidNext(30)], 'active until 60'],
    [
      'pays for an incomplete subscription',
      1,
      [subscription(0, { status: 'incomplete' }), paid],
      'active until 30',
    ],
  ])('%s', (_, day, events, state) => {
    expect(stateOn(day, ...events)).toBe(state)
  })
})

describe('a failed renewal', () => {
  const failed = invoice(30, 'open', { id: 'in_2', period: NEXT, type: 'payment_failed' })
  const pastDue = subscription(30, { status: 'past_due' }, { period: NEXT })
  const before = [active, paid, failed, pastDue]
  const unpaid = subscription(40, { status: 'unpaid' }, { period: NEXT })
  const change = { id: 'in_3', billing_reason: 'subscription_update', proration: true }
  const zeroChange = invoice(31, 'paid', { ...change, period: NEXT, amount_paid: 0 })

  it.each<Row>([
    ['starts grace with the invoice', 43.9, before, 'grace until 44'],
    ['suspends after grace', 44.1, before, 'suspended until 44'],
    [
      'keeps its grace after a later event',
      43.9,
      [...before, subscription(40, { status: 'past_due' }, { period: NEXT })],
      'grace until 44',
    ],
    [
      'starts grace with the period while the invoice is unknown',
      31,
      [active, paid, pastDue],
      'grace until 44',
    ],
    [
      'changes nothing while the subscription is active',
      31,
      [active, paid, failed, renewed],
      'active until 60',
    ],
    [
      'goes on while another invoice is open',
      34,
      [
        ...before,
        invoice(31, 'open', { id: 'in_3', period: NEXT, type: 'payment_failed' }),
        paidNext(33),
      ],
      'grace until 60',
    ],
    ['suspends when Stripe gives up', 41, [...before, unpaid], 'suspended until 30'],
    ['is active after a late payment', 43, [...before, unpaid, paidNext(42)], 'active until 60'],
    [
      'is not paid by an active subscription with a written-off invoice',
      36,
      [...before, writtenOff(35), subscription(35, {}, { period: NEXT })],
      'grace until 49',
    ],
    [
      'is not paid by a written-off invoice',
      36,
      [active, paid, failed, writtenOff(35), pastDue],
      'grace until 49',
    ],
    [
      'is waived by a voided invoice',
      36,
      [
        ...before,
        invoice(35, 'void', { id: 'in_2', period: NEXT, type: 'voided' }),
        subscription(35, {}, { period: NEXT }),
      ],
      'active until 60',
    ],
    [
      'of a later addition does not shorten the paid period',
      6,
      [
        active,
        paid,
        invoice(5, 'open', { id: 'in_2', type: 'payment_failed' }),
        subscription(5, { status: 'past_due' }),
      ],
      'grace until 30',
    ],
    [
      'is cut short by a cancellation',
      32,
      [
        ...before,
        subscription(31, { status: 'past_due', cancel_at: START + 35 * DAY }, { period: NEXT }),
      ],
      'grace until 35',
    ],
    [
      'that is paid late does not pay for a later period',
      66,
      [
        active,
        paid,
        failed,
        subscription(
          61,
          { status: 'unpaid' },
          { period: { start: START + 60 * DAY, end: START + 90 * DAY } },
        ),
        paidNext(65),
      ],
      'expired until 60',
    ],
    [
      'is not paid by a change within the period',
      32,
      [active, paid, pastDue, invoice(31, 'paid', { ...change, period: NEXT, amount_paid: 100 })],
      'grace until 44',
    ],
    [
      'is not paid by a change of zero while it is open',
      32,
      [active, paid, failed, pastDue, zeroChange],
      'grace until 44',
    ],
    [
      'is not paid by a change of zero after it was written off',
      32,
      [active, paid, writtenOff(30), subscription(31, {}, { period: NEXT }), zeroChange],
      'grace until 44',
    ],
    [
      'is none if a coupon covers the invoice',
      31,
      [active, paid, renewed, invoice(30, 'paid', { id: 'in_2', period: NEXT, amount_paid: 0 })],
      'active until 60',
    ],
    [
      'of a more expensive interval does not shorten what was paid',
      25,
      [
        active,
        paid,
        subscription(5, { status: 'past_due' }, { period: YEAR }),
        invoice(5, 'open', { ...change, period: YEAR, type: 'payment_failed' }),
      ],
      'grace until 30',
    ],
  ])('%s', (_, day, events, state) => {
    expect(stateOn(day, ...events)).toBe(state)
  })

  it('does not follow from the invoice of zero that starts a trial paid by hand', () => {
    const trial = { start: START, end: START + 14 * DAY }
    const byHand = { collection_method: 'send_invoice', trial_end: trial.end }
    const first = invoice(0, 'paid', { period: trial, amount_paid: 0 })
    const onTrial = subscription(0, { ...byHand, status: 'trialing' }, { period: trial })
    const year = { start: trial.end, end: trial.end + 365 * DAY }
    const next = subscription(14, byHand, { period: year })
    expect(stateOn(15, first, onTrial, next)).toMatch(/^pending/)
  })
})

describe('unusual objects', () => {
  it.each(['pro-monthly', null])('count with the price id %j', (price) => {
    const bought = { price: price as string, quantity: 10 }
    const canceling = subscription(0, { cancel_at_period_end: true }, { bought })
    expect(stateOn(1, canceling)).toBe('canceling until 30')
    expect(entitlement(canceling)?.seats).toBe(10)
  })

  it('of a connected account are ignored', () => {
    const other = { ...subscription(0), account: 'acct_1' }
    expect(() => readFacts(other)).toThrow('is ignored: account')
  })
})

describe('the risk after', () => {
  const riskOf = (...events: StripeEvent[]) => entitlement(...events)?.risk
  const linked = [active, paid, linkPayment('in_1', 'pi_1')]
  const next = [paidNext(30), linkPayment('in_2', 'pi_2')]
  const small = invoice(9, 'paid', {
    id: 'in_3',
    billing_reason: 'subscription_update',
    proration: true,
    amount_paid: 100,
  })
  const capturedInPart = { ...aCharge('pi_1', 1901, null), amount_captured: 1000 }
  const linkedCharge = event('charge.succeeded', 0, aCharge('pi_1', 0, null))
  const oldDispute = event(
    'charge.dispute.closed',
    9,
    aDispute('du_1', 'pi_1', 'lost', '2020-08-27'),
  )

  it.each<[string, StripeEvent[], string]>([
    ['a full refund object', [session(), refund('succeeded')], 'refunded'],
    ['a partial refund object', [session(), refund('succeeded', { amount: 1000 })], 'clear'],
    [
      'two refunds of everything',
      [
        session(),
        refund('succeeded', { amount: 1000 }),
        refund('succeeded', { id: 're_2', amount: 1900 }),
      ],
      'refunded',
    ],
    ['a pending refund', [session(), refund('pending')], 'clear'],
    ['a pending refund with its charge', [session(), refund('pending'), charge('pi_1')], 'clear'],
    [
      'the uncaptured part of an authorization',
      [session({ amount_total: 1000 }), event('charge.refunded', 1, capturedInPart)],
      'clear',
    ],
    ['a refunded period after a small change', [...linked, charge('pi_1'), small], 'refunded'],
    [
      'a refunded change within a period',
      [...linked, small, linkPayment('in_3', 'pi_3'), charge('pi_3', 100)],
      'clear',
    ],
    ['a dispute that names the charge only', [session(), linkedCharge, oldDispute], 'lost'],
    ['a free checkout', [session({ amount_total: 0, payment_intent: null })], 'clear'],
    ['a refund of the newest month', [...linked, ...next, renewed, charge('pi_2')], 'refunded'],
    ['a refund before the renewal is paid', [...linked, renewed, charge('pi_1')], 'refunded'],
    ['a refund of an unrelated payment', [...linked, charge('pi_other')], 'clear'],
    ['a refund of a subscription without invoices', [active, charge('pi_1')], 'clear'],
    [
      'an open dispute beside a won one',
      [session(), dispute('won'), dispute('needs_response', 'du_2')],
      'disputed',
    ],
    [
      'a lost dispute beside a won one and a refund',
      [session(), dispute('lost'), dispute('won', 'du_2'), charge('pi_1')],
      'lost',
    ],
    [
      'a refund beside an open dispute',
      [session(), dispute('needs_response'), charge('pi_1')],
      'refunded',
    ],
    ['a dispute that is won late', [session(), dispute('lost'), dispute('won')], 'clear'],
  ])('%s', (_, events, risk) => {
    expect(riskOf(...events)).toBe(risk)
  })

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
  ])('a dispute with status %s is %s', (status, risk) => {
    expect(riskOf(session(), dispute(status))).toBe(risk)
  })
})

describe('the user', () => {
  const withUser = { ...aCharge('pi_1', 1, null), metadata: { userId: 'user_charge' } }
  it.each<[string, StripeEvent[], string | null]>([
    ['the metadata of the checkout', [session()], 'user_123'],
    [
      'the reference of the checkout',
      [session({ client_reference_id: 'user_ref' }, UNNAMED)],
      'user_ref',
    ],
    ['the metadata of the subscription', [active], 'user_123'],
    ['the invoice', [paid], 'user_123'],
    ['the charge', [session({}, UNNAMED), event('charge.refunded', 1, withUser)], 'user_charge'],
    [
      'the customer',
      [session({}, UNNAMED), customer(1, 'a@example.com', { userId: 'user_cus' })],
      'user_cus',
    ],
    ['nothing', [session({}, UNNAMED)], null],
  ])('is read from %s', (_, events, user) => {
    expect(entitlement(...events)?.userId).toBe(user)
  })

  it.each([
    ['cus_Nabc123'],
    ['sub_1'],
    ['x'.repeat(129)],
    ['\ud800'],
    [''],
    ['__proto__'],
    [['user_123']],
    [42],
    [null],
  ])('is never %j', (userId) => {
    const buyer = aBuyer({ userId, tier: 'pro' })
    expect(entitlement(session({}, buyer))?.userId).toBe(null)
    expect(entitlement(subscription(0, {}, { buyer }))?.userId).toBe(null)
  })

  it('stays known after the metadata are emptied', () => {
    const emptied = subscription(3, {}, { buyer: aBuyer({}) })
    expect(entitlement(active, emptied)).toMatchObject({ userId: 'user_123', tier: 'pro' })
  })

  it('has the newest email address', () => {
    const moved = customer(3, 'new@example.com')
    expect(entitlement(session(), moved)?.userEmail).toBe('new@example.com')
    expect(entitlement(moved, paid)?.userEmail).toBe('new@example.com')
    expect(entitlement(session({ customer_details: null }))?.userEmail).toBe(null)
  })
})

const ofTier = (tier: unknown) => aBuyer({ userId: 'user_123', tier })
const NO_TIER = { risk: 'clear', mismatch: false }

describe('the tier by metadata', () => {
  it.each([
    [undefined, 'TIER_MISSING'],
    ['platinum', 'TIER_UNKNOWN'],
    ['__proto__', 'TIER_MISSING'],
    [['pro'], 'TIER_MISSING'],
  ])('%j has the issue %s', (tier, issue) => {
    expect(derived([session({}, ofTier(tier))])).toEqual({ ...NO_TIER, issue })
  })

  it('stays the same when the newest name is unknown', () => {
    expect(derived([active, subscription(2, {}, { buyer: ofTier('platinum') })])).toMatchObject({
      issue: 'TIER_UNKNOWN',
      entitlement: { tier: 'pro' },
    })
  })

  it('follows the subscription up and down, with its seats', () => {
    const bought = { price: 'price_e', quantity: 7 }
    const up = subscription(2, {}, { buyer: ofTier('elite'), bought })
    expect(entitlement(subscriptionCheckout(), active, up)).toMatchObject({
      tier: 'elite',
      seats: 7,
    })
    const down = subscription(3, {}, { buyer: ofTier('free') })
    expect(entitlement(active, up, down)).toMatchObject({ tier: 'free', seats: 1 })
  })
})

describe('the tier by price', () => {
  const PRICES: Readonly<Record<string, string[]>> = {
    pro: ['price_pro', 'price_pro_year'],
    elite: ['price_elite'],
  }
  const priced = aPricedCatalog((name) => PRICES[name] ?? [])
  const sold = (...events: StripeEvent[]) => derived(events, priced)
  const lifetime = { buyer: ofTier('lifetime') }
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
  const expanded = { line_items: { data: [{ price: { id: 'price_elite' }, quantity: 2 }] } }
  const several = items(['price_other', 9], ['price_pro', 2], ['price_elite', 4])

  it.each<[string, StripeEvent[], object]>([
    [
      'is that of the subscription',
      [active],
      { mismatch: false, entitlement: { tier: 'pro', seats: 3 } },
    ],
    [
      'overrules the metadata, which is reported',
      [subscription(0, {}, lifetime)],
      { mismatch: true, entitlement: { tier: 'pro' } },
    ],
    [
      'is the highest of several, with its seats',
      [subscription(0, several)],
      { entitlement: { tier: 'elite', seats: 4 } },
    ],
    [
      'has the seats of the catalog for one item',
      [subscription(0, items(['price_pro']))],
      { entitlement: { seats: 3 } },
    ],
    [
      'stays the same when the next price is unknown',
      [active, subscription(2, items(['price_odd']))],
      { issue: 'PRICE_UNKNOWN', entitlement: { tier: 'pro' } },
    ],
    ['is read from an invoice', [paid], { entitlement: { tier: 'pro' } }],
    [
      'is read from the newest invoice',
      [paid, invoice(5, 'paid', { id: 'in_2', bought: { price: 'price_elite', quantity: 1 } })],
      { entitlement: { tier: 'elite' } },
    ],
    ['is read from line items', [session(expanded)], { entitlement: { tier: 'elite', seats: 2 } }],
  ])('%s', (_, events, expected) => {
    expect(sold(...events)).toMatchObject(expected)
  })

  it.each<[string, StripeEvent, object]>([
    [
      'unknown for an unknown price',
      subscription(0, items(['price_odd']), lifetime),
      { issue: 'PRICE_UNKNOWN' },
    ],
    ['missing without items', subscription(0, items(), lifetime), { issue: 'PRICE_MISSING' }],
    [
      'missing for a checkout without line items',
      session(),
      { issue: 'PRICE_MISSING', missing: 'LINE_ITEMS_MISSING' },
    ],
    ['not yet needed for the checkout of a subscription', subscriptionCheckout(), {}],
  ])('is %s', (_, one, expected) => {
    expect(sold(one)).toEqual({ ...NO_TIER, ...expected })
  })
})

describe('two states of a subscription in one second', () => {
  const states = (...fields: object[]) => fields.map((state) => subscription(1, state))
  const both = states({ cancel_at_period_end: true }, {})

  it.each<[string, StripeEvent[]]>([
    [
      'one is the state at creation',
      [subscription(1, { status: 'trialing' }, { type: 'created' }), subscription(1)],
    ],
    ['one is incomplete', states({ status: 'incomplete' }, {})],
    [
      'one is the end',
      [subscription(1, { ended_at: START + DAY }, { type: 'deleted' }), subscription(1)],
    ],
    ['they agree', states({ latest_invoice: 'in_1' }, { latest_invoice: 'in_2' })],
    ['a later state follows', [...both, subscription(2)]],
    ['a later state came before', [subscription(2), ...both]],
  ])('are ordered if %s', (_, events) => {
    expect(derived(events).missing).toBeUndefined()
  })

  it('are tied otherwise, in any order', () => {
    const found = derived(both)
    expect(found.missing).toBe('SUBSCRIPTION_UNSETTLED')
    expect(derived(both.toReversed())).toEqual(found)
  })
})
