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

/** A price and its quantity. */
export interface Priced {
  /** Null if the price has no readable id. The quantity counts all the same. */
  readonly price: string | null
  readonly quantity: number
}

/** The payment statuses of a checkout, from the least to the most final. */
const PAYMENTS = ['expired', 'unpaid', 'failed', 'paid'] as const
type Payment = (typeof PAYMENTS)[number]

/** A completed or expired checkout. */
export interface SessionFact {
  readonly mode: 'payment' | 'subscription'
  readonly payment: Payment
  /** The time of the event, in milliseconds since the epoch. */
  readonly at: number
  /** When the first event that says it is paid was received: the duration of a license starts then. */
  readonly paidAt: number | null
  readonly amount: number | null
  readonly paymentIntentId: string | null
  readonly subscriptionId: string | null
  readonly customerId: string | null
  readonly userId: string | null
  readonly email: string | null
  readonly tier: string | null
  /** The line items. Null until they are requested from Stripe: events do not contain them. */
  readonly prices: readonly Priced[] | null
}

/**
 * Reads a Checkout session, or returns the reason why it is ignored.
 *
 * @param createdAt the time of the event, in milliseconds since the epoch
 * @param receivedAt when it was received
 */
export function readSession(
  session: unknown,
  type: string,
  createdAt: number,
  receivedAt: number,
): SessionFact | string {
  const mode = valueAt(session, 'mode')
  if (mode !== 'payment' && mode !== 'subscription') return `mode ${describeValue(mode)}`
  const payment = paymentOf(type, valueAt(session, 'payment_status'))
  if (!payment) return `payment_status ${describeValue(valueAt(session, 'payment_status'))}`
  return {
    mode,
    payment,
    at: createdAt,
    paidAt: payment === 'paid' ? receivedAt : null,
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
  const latest = greater(a, b, ({ payment, at }) => [PAYMENTS.indexOf(payment), at])
  return { ...latest, paidAt: earlier(a.paidAt, b.paidAt), prices: a.prices ?? b.prices }
}
