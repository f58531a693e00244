/**
 * Builds Stripe's objects and events in the shape of each API version, with the fields that decide a license and those
 * that could be mistaken for them. For local trials and for tests; all values are made up.
 */

/** API versions whose shapes differ. `hybrid`: an old version with the fields of the new ones, as Stripe sends since 2025. */
export const VERSIONS = [
  '2020-08-27',
  '2023-10-16',
  '2025-03-31.basil',
  '2026-10-28.endive',
  'hybrid',
] as const
export type Version = (typeof VERSIONS)[number]

const isOld = (version: Version) => version.startsWith('202') && version < '2025-03-31'
const hasOldFields = (version: Version) => isOld(version) || version === 'hybrid'
const hasNewFields = (version: Version) => !isOld(version)

/** Seconds since the epoch, the unit of Stripe's times. */
export type Seconds = number

/** The price of everything, in the smallest unit of its currency. */
export const PRICE = 2900

type Fields = Readonly<Record<string, unknown>>

export interface StripeEvent {
  readonly id: string
  readonly object: 'event'
  readonly api_version: string
  readonly created: Seconds
  readonly livemode: boolean
  readonly type: string
  readonly data: { readonly object: Fields }
}

export function anEvent(
  id: string,
  type: string,
  created: Seconds,
  object: Fields,
  version: Version,
): StripeEvent {
  const api_version = version === 'hybrid' ? '2023-10-16' : version
  return { id, object: 'event', api_version, created, livemode: false, type, data: { object } }
}

interface Buyer {
  readonly customer: string | null
  readonly email: string
  readonly metadata: Readonly<Record<string, string>>
}

export const aSession = (
  id: string,
  { customer, email, metadata }: Buyer,
  fields: Fields,
): Fields => ({
  id,
  object: 'checkout.session',
  amount_total: PRICE,
  client_reference_id: null,
  customer,
  customer_details: { email },
  customer_email: null,
  metadata,
  mode: 'payment',
  payment_intent: null,
  payment_status: 'paid',
  status: 'complete',
  subscription: null,
  ...fields,
})

export interface Period {
  readonly start: Seconds
  readonly end: Seconds
}

export interface Bought {
  readonly price: string
  readonly quantity: number
}

export function aSubscription(
  id: string,
  { customer, metadata }: Buyer,
  { price, quantity }: Bought,
  period: Period,
  version: Version,
  fields: Fields = {},
): Fields {
  const bounds = { current_period_start: period.start, current_period_end: period.end }
  const item = {
    id: `si_${id}`,
    object: 'subscription_item',
    price: { id: price, object: 'price' },
    plan: { id: price, object: 'plan' },
    quantity,
    subscription: id,
    ...(hasNewFields(version) && bounds),
  }
  return {
    id,
    object: 'subscription',
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    collection_method: 'charge_automatically',
    customer,
    ended_at: null,
    items: { object: 'list', data: [item], has_more: false },
    metadata,
    status: 'active',
    trial_end: null,
    ...(hasOldFields(version) && { ...bounds, plan: item.plan, quantity }),
    ...fields,
  }
}

/** A line of an invoice. */
export interface Line extends Bought {
  readonly period: Period
  /** Negative for a refund of the rest of a period. */
  readonly amount?: number
  /** True if it is for the rest of a period, after a change. */
  readonly proration?: boolean
}

export function anInvoice(
  id: string,
  subscription: string,
  { customer, email, metadata }: Buyer,
  lines: readonly Line[],
  created: Seconds,
  version: Version,
  fields: Fields & { readonly status: string; readonly payment_intent?: string },
): Fields {
  const { payment_intent = null, ...others } = fields
  const paid = fields.status === 'paid'
  const due = lines.reduce((sum, { amount = PRICE }) => sum + amount, 0)
  const data = lines.map((line, index) => aLine(`il_${id}_${index}`, subscription, line, version))
  return {
    id,
    object: 'invoice',
    amount_due: due,
    amount_paid: paid ? due : 0,
    billing_reason: 'subscription_cycle',
    created,
    customer,
    customer_email: email,
    lines: { object: 'list', data, has_more: false },
    metadata: {},
    // The period in which usage was counted, which is never the one that is paid for.
    period_start: created,
    period_end: created,
    status_transitions: { finalized_at: created, paid_at: paid ? created : null },
    ...(hasNewFields(version) && {
      parent: {
        type: 'subscription_details',
        subscription_details: { subscription, metadata },
      },
    }),
    ...(hasOldFields(version) && {
      subscription,
      payment_intent,
      charge: payment_intent?.replace('pi_', 'ch_') ?? null,
      paid,
    }),
    ...(version === '2023-10-16' && { subscription_details: { metadata } }),
    ...others,
  }
}

function aLine(
  id: string,
  subscription: string,
  { price, quantity, period, amount = PRICE, proration = amount < 0 }: Line,
  version: Version,
): Fields {
  return {
    id,
    object: 'line_item',
    amount,
    metadata: {},
    period,
    quantity,
    ...(hasNewFields(version) && {
      parent: {
        type: 'subscription_item_details',
        subscription_item_details: { proration, subscription },
      },
      pricing: { type: 'price_details', price_details: { price } },
    }),
    ...(hasOldFields(version) && {
      type: 'subscription',
      subscription,
      proration,
      plan: { id: price, object: 'plan' },
    }),
    ...(hasOldFields(version) && version !== '2020-08-27' && { price: { id: price } }),
  }
}

/** Builds the object that links an invoice to its payment: since 2025, the invoice does not name it. */
export const anInvoicePayment = (invoice: string, paymentIntent: string): Fields => ({
  id: `inpay_${invoice}`,
  object: 'invoice_payment',
  invoice,
  payment: { type: 'payment_intent', payment_intent: paymentIntent },
  status: 'paid',
})

export const aCharge = (
  paymentIntent: string,
  refunded: number,
  customer: string | null,
  amount = PRICE,
): Fields => ({
  id: paymentIntent.replace('pi_', 'ch_'),
  object: 'charge',
  amount,
  amount_captured: amount,
  amount_refunded: refunded,
  customer,
  metadata: {},
  payment_intent: paymentIntent,
  refunded: refunded === amount,
  status: 'succeeded',
})

export const aRefund = (
  id: string,
  paymentIntent: string,
  status: string,
  amount = PRICE,
): Fields => ({
  id,
  object: 'refund',
  amount,
  charge: paymentIntent.replace('pi_', 'ch_'),
  payment_intent: paymentIntent,
  status,
})

/** Builds a dispute, which names the charge only in old API versions. */
export const aDispute = (
  id: string,
  paymentIntent: string,
  status: string,
  version: Version,
): Fields => ({
  id,
  object: 'dispute',
  amount: PRICE,
  charge: paymentIntent.replace('pi_', 'ch_'),
  ...(version !== '2020-08-27' && { payment_intent: paymentIntent }),
  status,
})

export const aCustomer = (
  id: string,
  email: string,
  metadata: Readonly<Record<string, string>> = {},
): Fields => ({ id, object: 'customer', created: 0, email, metadata })
