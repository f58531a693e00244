/** Stories as Stripe tells them: which events come of what a customer does. */

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
  type Bought,
  type Line,
  type Period,
  PRICE,
  type Seconds,
  type StripeEvent,
  type Version,
} from './objects.ts'

export interface Cast {
  /** Part of every id, so that stories do not meet. */
  readonly name: string
  /** Null for a buyer whom the vendor's server did not name. */
  readonly user: string | null
  readonly email: string
  readonly tier: string
  /** The tier after a change of plan. */
  readonly nextTier: string
  readonly version: Version
  /** When it begins, in seconds since the epoch. */
  readonly start: Seconds
}

export interface Step {
  readonly title: string
  readonly events: readonly StripeEvent[]
}

const DAY = 24 * 60 * 60
const MONTH = 30 * DAY

/** The Stripe price of a tier, for catalogs that have prices. */
const priceOf = (tier: string) => `price_${tier}`

/** Everything that one customer's story is made of. Each event has its own id; two of them may share a second. */
export function aPlayer({ name, user, email, tier, nextTier, version, start }: Cast) {
  const ids = {
    session: `cs_${name}`,
    subscription: `sub_${name}`,
    customer: `cus_${name}`,
  }
  const metadata = { ...(user !== null && { userId: user }), tier }
  const buyer = { customer: ids.customer, email, metadata }
  let count = 0
  const event = (type: string, at: Seconds, object: Readonly<Record<string, unknown>>) =>
    anEvent(`evt_${name}_${++count}`, type, start + at, object, version)
  const period = (month: number, length = 1): Period => ({
    start: start + month * MONTH,
    end: start + (month + length) * MONTH,
  })
  const bought = (of = tier, quantity = 1): Bought => ({ price: priceOf(of), quantity })

  const subscription = (
    type: string,
    at: Seconds,
    during: Period,
    fields: object = {},
    what = bought(),
    by = buyer,
  ) =>
    event(
      `customer.subscription.${type}`,
      at,
      aSubscription(ids.subscription, by, what, during, version, { ...fields }),
    )
  const invoice = (
    type: string,
    at: Seconds,
    number: number,
    during: Period,
    status: string,
    {
      opened = at,
      lines = [{ ...bought(), period: during }],
      ...fields
    }: {
      opened?: Seconds
      lines?: readonly Line[]
      billing_reason?: string
    } = {},
  ) =>
    event(
      type,
      at,
      anInvoice(`in_${name}_${number}`, ids.subscription, buyer, lines, start + opened, version, {
        status,
        payment_intent: `pi_${name}_${number}`,
        ...(status === 'paid' && {
          status_transitions: { finalized_at: start + opened, paid_at: start + at },
        }),
        ...fields,
      }),
    )
  const paidBy = (at: Seconds, number: number) =>
    event(
      'invoice_payment.paid',
      at,
      anInvoicePayment(`in_${name}_${number}`, `pi_${name}_${number}`),
    )
  const subscribed = (at: Seconds) =>
    event(
      'checkout.session.completed',
      at,
      aSession(ids.session, buyer, { mode: 'subscription', subscription: ids.subscription }),
    )
  const oneTime = (type: string, at: Seconds, fields: object = {}) =>
    event(
      `checkout.session.${type}`,
      at,
      aSession(
        ids.session,
        { ...buyer, customer: null },
        {
          payment_intent: `pi_${name}`,
          ...fields,
        },
      ),
    )
  const charge = (at: Seconds, payment: string, refunded: number) =>
    event('charge.refunded', at, aCharge(payment, refunded, null))
  const refund = (type: string, at: Seconds, payment: string, status: string, number = 1) =>
    event(`refund.${type}`, at, aRefund(`re_${name}_${number}`, payment, status))
  const dispute = (type: string, at: Seconds, payment: string, status: string) =>
    event(`charge.dispute.${type}`, at, aDispute(`du_${name}`, payment, status, version))
  const customer = (type: string, at: Seconds, mail: string, said: Record<string, string> = {}) =>
    event(`customer.${type}`, at, aCustomer(ids.customer, mail, said))

  return {
    buyer,
    bought,
    charge,
    customer,
    dispute,
    ids,
    invoice,
    moment: (at: Seconds) => start + at,
    next: bought(nextTier),
    nextMetadata: { ...metadata, tier: nextTier },
    oneTime,
    paidBy,
    payment: (number?: number) => `pi_${name}${number === undefined ? '' : `_${number}`}`,
    period,
    refund,
    subscribed,
    subscription,
  }
}

export type Player = ReturnType<typeof aPlayer>

const purchase = ({ subscribed, subscription, invoice, paidBy, period }: Player): Step => ({
  title: 'subscribes and pays the first month',
  events: [
    subscribed(2),
    subscription('created', 0, period(0), { status: 'incomplete' }),
    subscription('updated', 1, period(0)),
    invoice('invoice.paid', 1, 0, period(0), 'paid', { billing_reason: 'subscription_create' }),
    paidBy(1, 0),
  ],
})

const renewal = ({ subscription, invoice, paidBy, period }: Player, month = 1): Step => ({
  title: 'pays the next month',
  events: [
    subscription('updated', month * MONTH, period(month)),
    invoice('invoice.paid', month * MONTH + 3600, month, period(month), 'paid'),
    paidBy(month * MONTH + 3600, month),
  ],
})

const failure = ({ subscription, invoice, period }: Player): Step => ({
  title: 'has a card that does not pay the next month',
  events: [
    invoice('invoice.payment_failed', MONTH + 3600, 1, period(1), 'open'),
    subscription('updated', MONTH + 3600, period(1), { status: 'past_due' }),
  ],
})

type Tell = (player: Player) => readonly Step[]

/** Each ends in one state, in whatever order and however often its events arrive. */
const STORIES = {
  /** A license that is bought once. */
  'one-time': ({ oneTime }) => [{ title: 'buys once', events: [oneTime('completed', 0)] }],

  /** A bank transfer takes days. */
  'bank-transfer': ({ oneTime }) => [
    {
      title: 'orders by bank transfer',
      events: [oneTime('completed', 0, { payment_status: 'unpaid' })],
    },
    { title: 'has paid', events: [oneTime('async_payment_succeeded', 3 * DAY)] },
  ],

  'bank-transfer-failed': ({ oneTime }) => [
    {
      title: 'orders by bank transfer',
      events: [oneTime('completed', 0, { payment_status: 'unpaid' })],
    },
    {
      title: 'has no money',
      events: [oneTime('async_payment_failed', 3 * DAY, { payment_status: 'unpaid' })],
    },
  ],

  'one-time-refunded': ({ oneTime, charge, refund, payment }) => [
    { title: 'buys once', events: [oneTime('completed', 0)] },
    {
      title: 'gets all of the money back',
      events: [
        refund('created', DAY, payment(), 'pending'),
        charge(DAY, payment(), PRICE),
        refund('updated', DAY + 60, payment(), 'succeeded'),
      ],
    },
  ],

  'one-time-refund-failed': ({ oneTime, charge, refund, payment }) => [
    { title: 'buys once', events: [oneTime('completed', 0)] },
    {
      title: 'gets all of the money back',
      events: [refund('created', DAY, payment(), 'pending'), charge(DAY, payment(), PRICE)],
    },
    {
      title: 'has a bank that returns it',
      events: [refund('failed', 2 * DAY, payment(), 'failed')],
    },
  ],

  'one-time-part-refunded': ({ oneTime, charge, payment }) => [
    { title: 'buys once', events: [oneTime('completed', 0)] },
    { title: 'gets a part of the money back', events: [charge(DAY, payment(), 1000)] },
  ],

  renewal: (player) => [purchase(player), renewal(player)],

  'failed-and-recovered': (player) => [
    purchase(player),
    failure(player),
    {
      title: 'pays after all',
      events: [
        player.invoice('invoice.paid', MONTH + 4 * DAY, 1, player.period(1), 'paid', {
          opened: MONTH + 3600,
        }),
        player.subscription('updated', MONTH + 4 * DAY, player.period(1)),
      ],
    },
  ],

  /** The last word is that the card does not pay. */
  failed: (player) => [purchase(player), failure(player)],

  upgrade: (player) => [
    purchase(player),
    {
      title: 'changes to a better plan for three people',
      events: [
        player.subscription(
          'updated',
          10 * DAY,
          player.period(0),
          {},
          { ...player.next, quantity: 3 },
          { ...player.buyer, metadata: player.nextMetadata },
        ),
        player.invoice('invoice.paid', 10 * DAY, 1, player.period(0), 'paid', {
          billing_reason: 'subscription_update',
          lines: [
            { ...player.bought(), period: player.period(0), amount: -1900 },
            {
              ...player.next,
              quantity: 3,
              period: player.period(0),
              amount: 6000,
              proration: true,
            },
          ],
        }),
      ],
    },
  ],

  'canceled-and-back': (player) => [
    purchase(player),
    {
      title: 'cancels at the end of the month',
      events: [
        player.subscription('updated', 5 * DAY, player.period(0), { cancel_at_period_end: true }),
      ],
    },
    {
      title: 'thinks better of it',
      events: [player.subscription('updated', 6 * DAY, player.period(0))],
    },
  ],

  'canceled-in-portal': (player) => [
    purchase(player),
    {
      title: 'cancels in the portal',
      events: [
        player.subscription('updated', 5 * DAY, player.period(0), {
          cancel_at: player.period(0).end,
        }),
      ],
    },
  ],

  ended: (player) => [
    purchase(player),
    {
      title: 'ends it at once',
      events: [
        player.subscription('deleted', 7 * DAY, player.period(0), {
          status: 'canceled',
          canceled_at: player.period(0).start + 7 * DAY,
          ended_at: player.period(0).start + 7 * DAY,
        }),
      ],
    },
  ],

  trial: (player) => [
    {
      title: 'begins a trial',
      events: [
        player.subscribed(1),
        player.subscription('created', 0, player.period(0, 0.5), {
          status: 'trialing',
          trial_end: player.period(0, 0.5).end,
        }),
        player.invoice('invoice.paid', 0, 0, player.period(0, 0.5), 'paid', {
          billing_reason: 'subscription_create',
          lines: [{ ...player.bought(), period: player.period(0, 0.5), amount: 0 }],
        }),
      ],
    },
    {
      title: 'pays when the trial ends',
      events: [
        player.subscription('updated', 15 * DAY, player.period(0.5)),
        player.invoice('invoice.paid', 15 * DAY + 3600, 1, player.period(0.5), 'paid'),
        player.paidBy(15 * DAY + 3600, 1),
      ],
    },
  ],

  'dispute-won': (player) => [
    purchase(player),
    {
      title: 'disputes the payment',
      events: [player.dispute('created', 8 * DAY, player.payment(0), 'needs_response')],
    },
    {
      title: 'loses the dispute',
      events: [
        player.dispute('updated', 9 * DAY, player.payment(0), 'under_review'),
        player.dispute('closed', 20 * DAY, player.payment(0), 'won'),
      ],
    },
  ],

  'dispute-lost': (player) => [
    purchase(player),
    {
      title: 'disputes the payment and wins',
      events: [
        player.dispute('created', 8 * DAY, player.payment(0), 'needs_response'),
        player.dispute('closed', 20 * DAY, player.payment(0), 'lost'),
      ],
    },
  ],

  'month-refunded': (player) => [
    purchase(player),
    {
      title: 'gets the money for the month back',
      events: [
        player.refund('created', 8 * DAY, player.payment(0), 'succeeded'),
        player.charge(8 * DAY, player.payment(0), PRICE),
      ],
    },
  ],

  'old-month-refunded': (player) => [
    purchase(player),
    renewal(player),
    {
      title: 'gets the money for the first month back',
      events: [player.charge(MONTH + DAY, player.payment(0), PRICE)],
    },
  ],

  'customer-moves': (player) => [
    purchase(player),
    {
      title: 'has a new e-mail address',
      events: [player.customer('updated', 3 * DAY, 'new@example.com')],
    },
  ],

  /** All that can happen to a subscription, one after the other. */
  life: (player) => [
    purchase(player),
    renewal(player),
    {
      title: 'has a card that does not pay the next month',
      events: [
        player.invoice('invoice.payment_failed', 2 * MONTH + 3600, 2, player.period(2), 'open'),
        player.subscription('updated', 2 * MONTH + 3600, player.period(2), { status: 'past_due' }),
      ],
    },
    {
      title: 'pays after all',
      events: [
        player.invoice('invoice.paid', 2 * MONTH + 4 * DAY, 2, player.period(2), 'paid', {
          opened: 2 * MONTH + 3600,
        }),
        player.paidBy(2 * MONTH + 4 * DAY, 2),
        player.subscription('updated', 2 * MONTH + 4 * DAY, player.period(2)),
      ],
    },
    {
      title: 'changes to a better plan',
      events: [
        player.subscription('updated', 2 * MONTH + 10 * DAY, player.period(2), {}, player.next, {
          ...player.buyer,
          metadata: player.nextMetadata,
        }),
      ],
    },
    {
      title: 'disputes the payment',
      events: [
        player.dispute('created', 2 * MONTH + 12 * DAY, player.payment(2), 'needs_response'),
      ],
    },
    {
      title: 'loses the dispute',
      events: [player.dispute('closed', 2 * MONTH + 20 * DAY, player.payment(2), 'won')],
    },
    {
      title: 'cancels at the end of the month',
      events: [
        player.subscription(
          'updated',
          2 * MONTH + 25 * DAY,
          player.period(2),
          { cancel_at_period_end: true, cancel_at: player.period(2).end },
          player.next,
          { ...player.buyer, metadata: player.nextMetadata },
        ),
      ],
    },
    {
      title: 'is gone',
      events: [
        player.subscription(
          'deleted',
          3 * MONTH,
          player.period(2),
          { status: 'canceled', ended_at: player.period(2).end },
          player.next,
          { ...player.buyer, metadata: player.nextMetadata },
        ),
      ],
    },
  ],
} satisfies Readonly<Record<string, Tell>>

export type ScenarioName = keyof typeof STORIES
export const SCENARIOS = Object.keys(STORIES) as ScenarioName[]

/** Tells a story, step by step, in the order in which it happened. */
export function scenario(name: ScenarioName, by: Cast): readonly Step[] {
  const tell: Tell = STORIES[name]
  return tell(aPlayer(by))
}
