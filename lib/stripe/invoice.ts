import {
  countAt,
  describeValue,
  emailAt,
  firstKnown,
  idAt,
  listAt,
  numberAt,
  textAt,
  timestampAt,
  userAt,
  valueAt,
} from './fields.ts'
import { greater, union } from './merge.ts'
import type { Priced } from './session.ts'

/** `unseen`: only its payment was told of. A paid invoice is never anything else again. */
const STATUSES = ['unseen', 'draft', 'open', 'uncollectible', 'void', 'paid'] as const
type Status = (typeof STATUSES)[number]

/** What the lines of an invoice say. */
interface Lines {
  /** Until when the subscription is served if it is paid. Null for what does not pay for a period. */
  readonly servedUntil: number | null
  /** It pays for a period as such, not for a change within one. */
  readonly renews: boolean
  readonly prices: readonly Priced[]
  /** An event holds the first few lines only, and what the invoice is for was not among them. */
  readonly truncated: boolean
}

/** An invoice of a subscription. All moments are milliseconds since the epoch. */
export interface InvoiceFact extends Lines {
  readonly status: Status
  readonly at: number
  readonly reason: string | null
  readonly amountPaid: number
  readonly paidAt: number | null
  /** From when on the customer owed it. */
  readonly openedAt: number
  readonly customerId: string | null
  readonly userId: string | null
  readonly email: string | null
  readonly tier: string | null
  /** The payment intents and charges that it was paid with. */
  readonly payments: readonly string[]
}

/** The subscription that an invoice is for, wherever an API version keeps it. */
export function subscriptionOf(invoice: unknown): string | null {
  const lines = listAt(invoice, 'lines').map(lineSubscription)
  return firstKnown(
    idAt(invoice, 'parent', 'subscription_details', 'subscription'),
    idAt(invoice, 'subscription'),
    ...lines,
  )
}

/** Until 2018 the line of a subscription had the subscription's own id. */
function lineSubscription(line: unknown): string | null {
  const id = idAt(line, 'id')
  return firstKnown(
    idAt(line, 'parent', 'subscription_item_details', 'subscription'),
    idAt(line, 'parent', 'invoice_item_details', 'subscription'),
    idAt(line, 'subscription'),
    id?.startsWith('sub_') ? id : null,
  )
}

/** Invoices that a person made by hand, or from a quote, carry no period of their own. */
const WITHOUT_PERIOD = new Set<unknown>(['manual', 'quote_accept'])

const AMENDING = new Set<unknown>(['subscription_update', 'subscription_threshold'])

/** A line that pays for the rest of a period after a change. Where none of its fields say, the invoice's reason does. */
function isProration(line: unknown, reason: unknown): boolean {
  const told =
    valueAt(line, 'parent', 'subscription_item_details', 'proration') ?? valueAt(line, 'proration')
  return typeof told === 'boolean' ? told : AMENDING.has(reason)
}

export function readLines(all: readonly unknown[], reason: string | null, more: boolean): Lines {
  // A change of plan gives back the rest of the old period, with its old end, on a line below zero.
  const charged = all.filter(
    (line) => lineSubscription(line) !== null && numberAt(line, 'amount') >= 0,
  )
  const ends = charged
    .map((line) => timestampAt(line, 'period', 'end'))
    .filter((end) => end !== null)
  const hasPeriod = ends.length > 0 && !WITHOUT_PERIOD.has(reason)
  const renews = hasPeriod && charged.some((line) => !isProration(line, reason))
  return {
    servedUntil: hasPeriod ? Math.max(...ends) : null,
    renews,
    prices: charged.flatMap(readPrice),
    truncated: more && !renews && !AMENDING.has(reason),
  }
}

export function readInvoice(invoice: unknown, now: number): InvoiceFact | string {
  const told = valueAt(invoice, 'status') ?? (valueAt(invoice, 'paid') === true ? 'paid' : 'open')
  const status = STATUSES.find((known) => known === told && known !== 'unseen')
  if (!status) return `status ${describeValue(told)}`
  const lines = listAt(invoice, 'lines').filter((line) => lineSubscription(line) !== null)
  const reason = textAt(invoice, 'billing_reason')
  const metadata = [
    valueAt(invoice, 'parent', 'subscription_details', 'metadata'),
    valueAt(invoice, 'subscription_details', 'metadata'),
    ...lines.map((line) => valueAt(line, 'metadata')),
    valueAt(invoice, 'metadata'),
  ]
  return {
    status,
    at: now,
    reason,
    ...readLines(lines, reason, valueAt(invoice, 'lines', 'has_more') === true),
    amountPaid: countAt(invoice, 'amount_paid') ?? 0,
    paidAt:
      status === 'paid' ? (timestampAt(invoice, 'status_transitions', 'paid_at') ?? now) : null,
    openedAt:
      firstKnown(
        timestampAt(invoice, 'status_transitions', 'finalized_at'),
        timestampAt(invoice, 'created'),
      ) ?? now,
    customerId: idAt(invoice, 'customer'),
    userId: firstKnown(...metadata.map((said) => userAt(said, 'userId'))),
    email: emailAt(invoice, 'customer_email'),
    tier: firstKnown(...metadata.map((said) => textAt(said, 'tier'))),
    payments: paymentsOf(invoice),
  }
}

function readPrice(line: unknown): readonly Priced[] {
  const price = firstKnown(
    idAt(line, 'pricing', 'price_details', 'price'),
    idAt(line, 'price'),
    idAt(line, 'plan'),
  )
  return price === null ? [] : [{ price, quantity: countAt(line, 'quantity') ?? 1 }]
}

export function paymentsOf(invoice: unknown): readonly string[] {
  const payments = [invoice, ...listAt(invoice, 'payments').map((paid) => valueAt(paid, 'payment'))]
  const ids = payments.flatMap((paid) => [idAt(paid, 'payment_intent'), idAt(paid, 'charge')])
  return union(
    ids.filter((id) => id !== null),
    [],
  )
}

/** What `invoice_payment.paid` tells: with which payment an invoice was paid. */
export function readInvoicePayment(paid: unknown, now: number): InvoiceFact {
  return {
    status: 'unseen',
    at: now,
    servedUntil: null,
    amountPaid: 0,
    renews: false,
    truncated: false,
    reason: null,
    paidAt: null,
    openedAt: now,
    customerId: null,
    userId: null,
    email: null,
    tier: null,
    prices: [],
    payments: paymentsOf(valueAt(paid, 'payment')),
  }
}

export function mergeInvoices(a: InvoiceFact, b: InvoiceFact): InvoiceFact {
  const rank = ({ status, at }: InvoiceFact) => [STATUSES.indexOf(status), at]
  const last = greater(a, b, rank)
  const { servedUntil, renews, prices, truncated } = greater(a, b, (invoice) => [
    Number(invoice.status !== 'unseen'),
    Number(!invoice.truncated),
    ...rank(invoice),
  ])
  const payments = union(a.payments, b.payments)
  return { ...last, servedUntil, renews, prices, truncated, payments }
}
