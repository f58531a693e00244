import {
  countAt,
  describeValue,
  emailAt,
  firstKnown,
  idAt,
  listAt,
  textAt,
  userAt,
  valueAt,
} from './fields.ts'
import { earlier, greater } from './merge.ts'

/** A price and how many of it were bought. */
export interface Priced {
  /** Null for a price that says nothing of itself: what was bought counts all the same. */
  readonly price: string | null
  readonly quantity: number
}

/** What became of the payment of a checkout, from what says least to what says most. */
const PAYMENTS = ['expired', 'unpaid', 'failed', 'paid'] as const
type Payment = (typeof PAYMENTS)[number]

/** A checkout that somebody completed, or let go. */
export interface SessionFact {
  readonly mode: 'payment' | 'subscription'
  readonly payment: Payment
  /** When Stripe said so, in milliseconds since the epoch. */
  readonly at: number
  /** When we first heard that it was paid: what was bought for a time begins then. */
  readonly paidAt: number | null
  readonly amount: number | null
  readonly paymentIntentId: string | null
  readonly subscriptionId: string | null
  readonly customerId: string | null
  readonly userId: string | null
  readonly email: string | null
  readonly tier: string | null
  /** What was bought. Null while nobody asked Stripe: events leave it out. */
  readonly prices: readonly Priced[] | null
}

/**
 * Answers why there is nothing to know where that is so.
 *
 * @param said when Stripe said so, in milliseconds since the epoch
 * @param now when we heard it
 */
export function readSession(
  session: unknown,
  type: string,
  said: number,
  now: number,
): SessionFact | string {
  const mode = valueAt(session, 'mode')
  if (mode !== 'payment' && mode !== 'subscription') return `mode ${describeValue(mode)}`
  const payment = paymentOf(type, valueAt(session, 'payment_status'))
  if (!payment) return `payment_status ${describeValue(valueAt(session, 'payment_status'))}`
  return {
    mode,
    payment,
    at: said,
    paidAt: payment === 'paid' ? now : null,
    amount: countAt(session, 'amount_total'),
    paymentIntentId: idAt(session, 'payment_intent'),
    subscriptionId: idAt(session, 'subscription'),
    customerId: idAt(session, 'customer'),
    userId: firstKnown(
      userAt(session, 'metadata', 'userId'),
      userAt(session, 'client_reference_id'),
    ),
    email: firstKnown(
      emailAt(session, 'customer_details', 'email'),
      emailAt(session, 'customer_email'),
    ),
    tier: textAt(session, 'metadata', 'tier'),
    prices: valueAt(session, 'line_items') ? readLineItems(listAt(session, 'line_items')) : null,
  }
}

function paymentOf(type: string, status: unknown): Payment | undefined {
  if (type === 'checkout.session.expired') return 'expired'
  if (type === 'checkout.session.async_payment_failed') return 'failed'
  if (type === 'checkout.session.async_payment_succeeded') return 'paid'
  if (status === 'paid' || status === 'no_payment_required') return 'paid'
  return status === 'unpaid' ? 'unpaid' : undefined
}

export function readLineItems(items: readonly unknown[]): readonly Priced[] {
  return items.map((item) => ({
    price: idAt(item, 'price'),
    quantity: countAt(item, 'quantity') ?? 1,
  }))
}

export function mergeSessions(a: SessionFact, b: SessionFact): SessionFact {
  const last = greater(a, b, ({ payment, at }) => [PAYMENTS.indexOf(payment), at])
  return { ...last, paidAt: earlier(a.paidAt, b.paidAt), prices: a.prices ?? b.prices }
}
