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

/** In the order in which they occur. `unseen`: only a payment of the invoice was reported. */
const STATUSES = ['unseen', 'draft', 'open', 'uncollectible', 'void', 'paid'] as const
type Status = (typeof STATUSES)[number]

/** Facts that are read from the lines of an invoice. */
interface Lines {
  /** The end of the period that the invoice pays for. Null if it pays for none. */
  readonly servedUntil: number | null
  /** True if it pays for a whole period, not for a change within one. */
  readonly renews: boolean
  readonly prices: readonly Priced[]
  /** True if the decisive line is not among those in the event, which contains the first few only. */
  readonly truncated: boolean
}

/** An invoice of a subscription. All times are in milliseconds since the epoch. */
export interface InvoiceFact extends Lines {
  readonly status: Status
  readonly at: number
  readonly reason: string | null
  readonly amountPaid: number
  readonly paidAt: number | null
  /** Since when it is due. */
  readonly openedAt: number
  readonly customerId: string | null
  readonly userId: string | null
  readonly email: string | null
  readonly tier: string | null
  /** The ids of its payment intents and charges. */
  readonly payments: readonly string[]
}

/** Reads the id of the subscription, whose place depends on the API version. */
export function readSubscriptionId(invoice: unknown): string | null {
  const lines = listAt(invoice, 'lines').map(readLineSubscriptionId)
  return firstKnown(
    idAt(invoice, 'parent', 'subscription_details', 'subscription'),
    idAt(invoice, 'subscription'),
    ...lines,
  )
}

/** Reads the id of the subscription. Until 2018 it was the id of the line itself. */
function readLineSubscriptionId(line: unknown): string | null {
  const id = idAt(line, 'id')
  return firstKnown(
    idAt(line, 'parent', 'subscription_item_details', 'subscription'),
    idAt(line, 'parent', 'invoice_item_details', 'subscription'),
    idAt(line, 'subscription'),
    id?.startsWith('sub_') ? id : null,
  )
}

/** Billing reasons of invoices created by hand or from a quote, which have no period of their own. */
const WITHOUT_PERIOD = new Set<unknown>(['manual', 'quote_accept'])

/** Billing reasons of invoices for a change within a period. */
const AMENDING = new Set<unknown>(['subscription_update', 'subscription_threshold'])

/** True for a line that pays for the rest of a period after a change. Without a field for it, the billing reason decides. */
function isProration(line: unknown, reason: unknown): boolean {
  const value =
    valueAt(line, 'parent', 'subscription_item_details', 'proration') ?? valueAt(line, 'proration')
  return typeof value === 'boolean' ? value : AMENDING.has(reason)
}

export function readLines(all: readonly unknown[], reason: string | null, more: boolean): Lines {
  // A change of plan refunds the rest of the old period on a line with a negative amount.
  const charged = all.filter(
    (line) => readLineSubscriptionId(line) !== null && numberAt(line, 'amount') >= 0,
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

/** Reads an invoice, or returns the reason why it is ignored. */
export function readInvoice(invoice: unknown, createdAt: number): InvoiceFact | string {
  const value = valueAt(invoice, 'status') ?? (valueAt(invoice, 'paid') === true ? 'paid' : 'open')
  const status = STATUSES.find((known) => known === value && known !== 'unseen')
  if (!status) return `status ${describeValue(value)}`
  const lines = listAt(invoice, 'lines').filter((line) => readLineSubscriptionId(line) !== null)
  const reason = textAt(invoice, 'billing_reason')
  const metadata = [
    valueAt(invoice, 'parent', 'subscription_details', 'metadata'),
    valueAt(invoice, 'subscription_details', 'metadata'),
    ...lines.map((line) => valueAt(line, 'metadata')),
    valueAt(invoice, 'metadata'),
  ]
  return {
    status,
    at: createdAt,
    reason,
    ...readLines(lines, reason, valueAt(invoice, 'lines', 'has_more') === true),
    amountPaid: countAt(invoice, 'amount_paid') ?? 0,
    paidAt:
      status === 'paid'
        ? (timestampAt(invoice, 'status_transitions', 'paid_at') ?? createdAt)
        : null,
    openedAt:
      firstKnown(
        timestampAt(invoice, 'status_transitions', 'finalized_at'),
        timestampAt(invoice, 'created'),
      ) ?? createdAt,
    customerId: idAt(invoice, 'customer'),
    userId: firstKnown(...metadata.map((entries) => userAt(entries, 'userId'))),
    email: emailAt(invoice, 'customer_email'),
    tier: firstKnown(...metadata.map((entries) => textAt(entries, 'tier'))),
    payments: readPaymentIds(invoice),
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

export function readPaymentIds(invoice: unknown): readonly string[] {
  const payments = [invoice, ...listAt(invoice, 'payments').map((paid) => valueAt(paid, 'payment'))]
  const ids = payments.flatMap((paid) => [idAt(paid, 'payment_intent'), idAt(paid, 'charge')])
  return union(
    ids.filter((id) => id !== null),
    [],
  )
}

/** Reads an `invoice_payment`, which links an invoice to its payment. */
export function readInvoicePayment(paid: unknown, createdAt: number): InvoiceFact {
  return {
    status: 'unseen',
    at: createdAt,
    servedUntil: null,
    amountPaid: 0,
    renews: false,
    truncated: false,
    reason: null,
    paidAt: null,
    openedAt: createdAt,
    customerId: null,
    userId: null,
    email: null,
    tier: null,
    prices: [],
    payments: readPaymentIds(valueAt(paid, 'payment')),
  }
}

export function mergeInvoices(a: InvoiceFact, b: InvoiceFact): InvoiceFact {
  const rank = ({ status, at }: InvoiceFact) => [STATUSES.indexOf(status), at]
  const latest = greater(a, b, rank)
  const { servedUntil, renews, prices, truncated } = greater(a, b, (invoice) => [
    Number(invoice.status !== 'unseen'),
    Number(!invoice.truncated),
    ...rank(invoice),
  ])
  const payments = union(a.payments, b.payments)
  return { ...latest, servedUntil, renews, prices, truncated, payments }
}
