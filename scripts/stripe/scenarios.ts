/** Scenarios: the events that Stripe sends for what a customer does. */

import * as stripe from './objects.ts'
import { type Bought, type Line, type Period, PRICE, type Seconds } from './objects.ts'

export interface ScenarioOptions {
  /** Part of every id, so that the objects of different purchases differ. */
  readonly name: string
  /** Null if the vendor's server did not name the buyer. */
  readonly user: string | null
  readonly email: string
  readonly tier: string
  /** The tier after a change of plan. */
  readonly nextTier: string
  readonly version: stripe.Version
  /** The time of the first event, in seconds since the epoch. */
  readonly start: Seconds
}

interface Step {
  readonly title: string
  readonly events: readonly stripe.StripeEvent[]
}

const HOUR = 60 * 60
const DAY = 24 * HOUR
const MONTH = 30 * DAY

/**
 * Creates the builders of all events about one customer. Times are in seconds since the start. Each event has its own id;
 * two of them can share a second.
 */
export function createEventFactory(options: ScenarioOptions) {
  const { name, user, email, tier, nextTier, version, start } = options
  const subscriptionId = `sub_${name}`
  const metadata = { ...(user !== null && { userId: user }), tier }
  const buyer = { customer: `cus_${name}`, email, metadata }
  // Catalogs with prices use these names for them.
  const bought: Bought = { price: `price_${tier}`, quantity: 1 }
  const next: Bought = { price: `price_${nextTier}`, quantity: 1 }
  let count = 0
  const event = (type: string, at: Seconds, object: Readonly<Record<string, unknown>>) =>
    stripe.anEvent(`evt_${name}_${++count}`, type, start + at, object, version)
  const session = (
    type: string,
    at: Seconds,
    by: Parameters<typeof stripe.aSession>[1],
    fields: object,
  ) => event(`checkout.session.${type}`, at, stripe.aSession(`cs_${name}`, by, { ...fields }))
  const toInvoiceId = (number: number) => `in_${name}_${number}`
  const payment = (number?: number) => `pi_${name}${number === undefined ? '' : `_${number}`}`

  return {
    buyer,
    bought,
    next,
    payment,
    period: (month: number, length = 1): Period => ({
      start: start + month * MONTH,
      end: start + (month + length) * MONTH,
    }),
    toTime: (at: Seconds) => start + at,
    oneTime: (type: string, at: Seconds, fields: object = {}) =>
      session(type, at, { ...buyer, customer: null }, { payment_intent: payment(), ...fields }),
    subscribed: (at: Seconds) =>
      session('completed', at, buyer, { mode: 'subscription', subscription: subscriptionId }),
    subscription(type: string, at: Seconds, period: Period, fields: object = {}, item = bought) {
      const by = item === bought ? buyer : { ...buyer, metadata: { ...metadata, tier: nextTier } }
      const object = stripe.aSubscription(subscriptionId, by, item, period, version, { ...fields })
      return event(`customer.subscription.${type}`, at, object)
    },
    invoice(
      type: string,
      at: Seconds,
      number: number,
      period: Period,
      status: string,
      {
        opened = at,
        lines = [{ ...bought, period }],
        ...fields
      }: { opened?: Seconds; lines?: readonly Line[]; billing_reason?: string } = {},
    ) {
      const created = start + opened
      const object = stripe.anInvoice(
        toInvoiceId(number),
        subscriptionId,
        buyer,
        lines,
        created,
        version,
        {
          status,
          payment_intent: payment(number),
          ...(status === 'paid' && {
            status_transitions: { finalized_at: created, paid_at: start + at },
          }),
          ...fields,
        },
      )
      return event(`invoice.${type}`, at, object)
    },
    paidBy: (at: Seconds, number: number) =>
      event(
        'invoice_payment.paid',
        at,
        stripe.anInvoicePayment(toInvoiceId(number), payment(number)),
      ),
    charge: (at: Seconds, paymentIntent: string, refunded: number) =>
      event('charge.refunded', at, stripe.aCharge(paymentIntent, refunded, null)),
    refund: (type: string, at: Seconds, paymentIntent: string, status: string) =>
      event(`refund.${type}`, at, stripe.aRefund(`re_${name}_1`, paymentIntent, status)),
    dispute: (type: string, at: Seconds, paymentIntent: string, status: string) =>
      event(
        `charge.dispute.${type}`,
        at,
        stripe.aDispute(`du_${name}`, paymentIntent, status, version),
      ),
    customer: (type: string, at: Seconds, address: string, entries: Record<string, string> = {}) =>
      event(`customer.${type}`, at, stripe.aCustomer(buyer.customer, address, entries)),
  }
}

export type EventFactory = ReturnType<typeof createEventFactory>

const step = (title: string, ...events: readonly stripe.StripeEvent[]): Step => ({ title, events })

const buys = ({ oneTime }: EventFactory) => step('buys once', oneTime('completed', 0))

const orders = ({ oneTime }: EventFactory) =>
  step('orders by bank transfer', oneTime('completed', 0, { payment_status: 'unpaid' }))

const subscribes = ({ subscribed, subscription, invoice, paidBy, period }: EventFactory) =>
  step(
    'subscribes and pays the first month',
    subscribed(2),
    subscription('created', 0, period(0), { status: 'incomplete' }),
    subscription('updated', 1, period(0)),
    invoice('paid', 1, 0, period(0), 'paid', { billing_reason: 'subscription_create' }),
    paidBy(1, 0),
  )

const renews = ({ subscription, invoice, paidBy, period }: EventFactory) =>
  step(
    'pays the next month',
    subscription('updated', MONTH, period(1)),
    invoice('paid', MONTH + HOUR, 1, period(1), 'paid'),
    paidBy(MONTH + HOUR, 1),
  )

const fails = ({ subscription, invoice, period }: EventFactory, month = 1) =>
  step(
    'has a card that is declined for the next month',
    invoice('payment_failed', month * MONTH + HOUR, month, period(month), 'open'),
    subscription('updated', month * MONTH + HOUR, period(month), { status: 'past_due' }),
  )

const recovers = ({ subscription, invoice, paidBy, period }: EventFactory, month = 1) =>
  step(
    'pays late',
    invoice('paid', month * MONTH + 4 * DAY, month, period(month), 'paid', {
      opened: month * MONTH + HOUR,
    }),
    paidBy(month * MONTH + 4 * DAY, month),
    subscription('updated', month * MONTH + 4 * DAY, period(month)),
  )

const disputes = ({ dispute, payment }: EventFactory, at = 8 * DAY, month = 0) =>
  step('disputes the payment', dispute('created', at, payment(month), 'needs_response'))

const refunds = ({ refund, charge, payment }: EventFactory, status: string) => [
  refund('created', DAY, payment(), status),
  charge(DAY, payment(), PRICE),
]

type Scenario = (factory: EventFactory) => readonly Step[]

/** Each scenario has one final state, in any order of its events and with any of them repeated. */
const BUILDERS = {
  'one-time': (to) => [buys(to)],

  /** A bank transfer takes days. */
  'bank-transfer': (to) => [
    orders(to),
    step('has paid', to.oneTime('async_payment_succeeded', 3 * DAY)),
  ],

  'bank-transfer-failed': (to) => [
    orders(to),
    step('does not pay', to.oneTime('async_payment_failed', 3 * DAY, { payment_status: 'unpaid' })),
  ],

  'one-time-refunded': (to) => [
    buys(to),
    step(
      'gets a full refund',
      ...refunds(to, 'pending'),
      to.refund('updated', DAY + 60, to.payment(), 'succeeded'),
    ),
  ],

  'one-time-refund-failed': (to) => [
    buys(to),
    step('gets a full refund', ...refunds(to, 'pending')),
    step('has a bank that returns it', to.refund('failed', 2 * DAY, to.payment(), 'failed')),
  ],

  'one-time-part-refunded': (to) => [
    buys(to),
    step('gets a partial refund', to.charge(DAY, to.payment(), 1000)),
  ],

  renewal: (to) => [subscribes(to), renews(to)],

  'failed-and-recovered': (to) => [subscribes(to), fails(to), recovers(to)],

  failed: (to) => [subscribes(to), fails(to)],

  upgrade: (to) => {
    const period = to.period(0)
    const item = { ...to.next, quantity: 3 }
    return [
      subscribes(to),
      step(
        'upgrades to a higher plan for three people',
        to.subscription('updated', 10 * DAY, period, {}, item),
        to.invoice('paid', 10 * DAY, 1, period, 'paid', {
          billing_reason: 'subscription_update',
          lines: [
            { ...to.bought, period, amount: -1900 },
            { ...item, period, amount: 6000, proration: true },
          ],
        }),
      ),
    ]
  },

  'canceled-and-back': (to) => [
    subscribes(to),
    step(
      'cancels at the end of the month',
      to.subscription('updated', 5 * DAY, to.period(0), { cancel_at_period_end: true }),
    ),
    step('withdraws the cancellation', to.subscription('updated', 6 * DAY, to.period(0))),
  ],

  'canceled-in-portal': (to) => [
    subscribes(to),
    step(
      'cancels in the portal',
      to.subscription('updated', 5 * DAY, to.period(0), { cancel_at: to.period(0).end }),
    ),
  ],

  ended: (to) => {
    const ended = to.toTime(7 * DAY)
    return [
      subscribes(to),
      step(
        'cancels immediately',
        to.subscription('deleted', 7 * DAY, to.period(0), {
          status: 'canceled',
          canceled_at: ended,
          ended_at: ended,
        }),
      ),
    ]
  },

  trial: (to) => {
    const period = to.period(0, 0.5)
    return [
      step(
        'begins a trial',
        to.subscribed(1),
        to.subscription('created', 0, period, { status: 'trialing', trial_end: period.end }),
        to.invoice('paid', 0, 0, period, 'paid', {
          billing_reason: 'subscription_create',
          lines: [{ ...to.bought, period, amount: 0 }],
        }),
      ),
      step(
        'pays when the trial ends',
        to.subscription('updated', 15 * DAY, to.period(0.5)),
        to.invoice('paid', 15 * DAY + HOUR, 1, to.period(0.5), 'paid'),
        to.paidBy(15 * DAY + HOUR, 1),
      ),
    ]
  },

  'dispute-won': (to) => [
    subscribes(to),
    disputes(to),
    step(
      'loses the dispute',
      to.dispute('updated', 9 * DAY, to.payment(0), 'under_review'),
      to.dispute('closed', 20 * DAY, to.payment(0), 'won'),
    ),
  ],

  'dispute-lost': (to) => [
    subscribes(to),
    disputes(to),
    step('wins the dispute', to.dispute('closed', 20 * DAY, to.payment(0), 'lost')),
  ],

  'month-refunded': (to) => [
    subscribes(to),
    step(
      'gets a refund for the month',
      to.refund('created', 8 * DAY, to.payment(0), 'succeeded'),
      to.charge(8 * DAY, to.payment(0), PRICE),
    ),
  ],

  'old-month-refunded': (to) => [
    subscribes(to),
    renews(to),
    step('gets a refund for the first month', to.charge(MONTH + DAY, to.payment(0), PRICE)),
  ],

  'customer-moves': (to) => [
    subscribes(to),
    step('has a new email address', to.customer('updated', 3 * DAY, 'new@example.com')),
  ],

  /** The whole life of a subscription. */
  life: (to) => {
    const at = 2 * MONTH
    const period = to.period(2)
    const { end } = period
    return [
      subscribes(to),
      renews(to),
      fails(to, 2),
      recovers(to, 2),
      step(
        'upgrades to a higher plan',
        to.subscription('updated', at + 10 * DAY, period, {}, to.next),
      ),
      disputes(to, at + 12 * DAY, 2),
      step('loses the dispute', to.dispute('closed', at + 20 * DAY, to.payment(2), 'won')),
      step(
        'cancels at the end of the month',
        to.subscription(
          'updated',
          at + 25 * DAY,
          period,
          { cancel_at_period_end: true, cancel_at: end },
          to.next,
        ),
      ),
      step(
        'reaches the end of the month',
        to.subscription(
          'deleted',
          3 * MONTH,
          period,
          { status: 'canceled', ended_at: end },
          to.next,
        ),
      ),
    ]
  },
} satisfies Readonly<Record<string, Scenario>>

export type ScenarioName = keyof typeof BUILDERS
export const SCENARIOS = Object.keys(BUILDERS) as ScenarioName[]

/** Builds the steps of a scenario, in the order in which they occur. */
export function buildScenario(name: ScenarioName, options: ScenarioOptions): readonly Step[] {
  const build: Scenario = BUILDERS[name]
  return build(createEventFactory(options))
}
