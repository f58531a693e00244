/**
 * Stripe's objects and events as its API versions shape them, with as much of each as Stripe sends that anybody
 * might read. For trying things out and for tests; every one is made up here.
 */

/** The shapes that differ. `hybrid` is an old version with the fields of the new ones besides, as Stripe sends it since 2025. */
export const VERSIONS = [
  '2020-08-27',
  '2023-10-16',
  '2025-03-31.basil',
  '2026-10-28.endive',
  'hybrid',
] as const
export type Version = (typeof VERSIONS)[number]

const isOld = (version: Version) => version.startsWith('202') && version < '2025-03-31'
const hasOld = (version: Version) => isOld(version) || version === 'hybrid'
const hasNew = (version: Version) => !isOld(version)

/** Seconds since the epoch, as Stripe counts. */
export type Seconds = number

/** What everything costs, in the smallest unit of its currency. */
export const PRICE = 2900

type Fields = Readonly<Record<string, unknown>>

export interface StripeEvent {
  readonly id: string
  readonly object: 'event'
  readonly api_version: string
  readonly created: Seconds
  readonly livemode: boolean
  readonly pending_webhooks: number
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
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
  return {
    id,
    object: 'event',
    api_version: version === 'hybrid' ? '2023-10-16' : version,
    created,
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    data: { object },
  }
}

interface Buyer {
  readonly customer: string | null
  readonly email: string
  readonly metadata: Readonly<Record<string, string>>
}

export function aSession(id: string, { customer, email, metadata }: Buyer, fields: Fields): Fields {
  return {
    id,
    object: 'checkout.session',
    amount_subtotal: PRICE,
    amount_total: PRICE,
    client_reference_id: null,
    currency: 'usd',
    customer,
    customer_details: { email, name: 'A Buyer', address: null, phone: null, tax_ids: [] },
    customer_email: null,
    invoice: null,
    livemode: false,
    metadata,
    mode: 'payment',
    payment_intent: null,
    payment_status: 'paid',
    status: 'complete',
    subscription: null,
    ...fields,
  }
}

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
    metadata: {},
    price: { id: price, object: 'price', currency: 'usd', lookup_key: null, unit_amount: PRICE },
    plan: { id: price, object: 'plan', amount: PRICE, interval: 'month' },
    quantity,
    subscription: id,
    ...(hasNew(version) && bounds),
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
    items: { object: 'list', data: [item], has_more: false, total_count: 1 },
    livemode: false,
    metadata,
    pause_collection: null,
    status: 'active',
    trial_end: null,
    trial_start: null,
    ...(hasOld(version) && { ...bounds, plan: item.plan, quantity }),
    ...fields,
  }
}

/** What one line of an invoice charges for, or gives back. */
export interface Line extends Bought {
  readonly period: Period
  readonly amount?: number
  /** For the rest of a period, after a change. */
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
  return {
    id,
    object: 'invoice',
    amount_due: due,
    amount_paid: paid ? due : 0,
    attempt_count: 1,
    billing_reason: 'subscription_cycle',
    created,
    currency: 'usd',
    customer,
    customer_email: email,
    lines: {
      object: 'list',
      data: lines.map((line, index) => aLine(`il_${id}_${index}`, subscription, line, version)),
      has_more: false,
    },
    livemode: false,
    metadata: {},
    // The period in which usage was counted: on a first invoice it is empty, and it never is the one that is paid for.
    period_start: created,
    period_end: created,
    status_transitions: {
      finalized_at: created,
      paid_at: paid ? created : null,
      marked_uncollectible_at: null,
      voided_at: null,
    },
    ...(hasNew(version) && {
      parent: {
        type: 'subscription_details',
        quote_details: null,
        subscription_details: { subscription, metadata },
      },
    }),
    ...(hasOld(version) && {
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
    currency: 'usd',
    metadata: {},
    period,
    quantity,
    ...(hasNew(version) && {
      parent: {
        type: 'subscription_item_details',
        invoice_item_details: null,
        subscription_item_details: {
          proration,
          subscription,
          subscription_item: `si_${subscription}`,
        },
      },
      pricing: { type: 'price_details', price_details: { price, product: 'prod_1' } },
    }),
    ...(hasOld(version) && {
      type: 'subscription',
      subscription,
      proration,
      plan: { id: price, object: 'plan' },
    }),
    ...(hasOld(version) && version !== '2020-08-27' && { price: { id: price, object: 'price' } }),
  }
}

/** What tells with which payment an invoice was paid, since the invoice itself does not any more. */
export const anInvoicePayment = (invoice: string, paymentIntent: string): Fields => ({
  id: `inpay_${invoice}`,
  object: 'invoice_payment',
  amount_paid: PRICE,
  amount_requested: PRICE,
  currency: 'usd',
  invoice,
  is_default: true,
  livemode: false,
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
  billing_details: { email: null, name: null },
  captured: true,
  currency: 'usd',
  customer,
  livemode: false,
  metadata: {},
  paid: true,
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
  currency: 'usd',
  metadata: {},
  payment_intent: paymentIntent,
  reason: 'requested_by_customer',
  status,
})

/** Old versions name the charge only. */
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
  currency: 'usd',
  evidence: {},
  is_charge_refundable: false,
  livemode: false,
  metadata: {},
  ...(version !== '2020-08-27' && { payment_intent: paymentIntent }),
  reason: 'fraudulent',
  status,
})

export const aCustomer = (
  id: string,
  email: string,
  metadata: Readonly<Record<string, string>> = {},
): Fields => ({
  id,
  object: 'customer',
  created: 0,
  email,
  invoice_prefix: 'A1B2C3D4',
  livemode: false,
  metadata,
  name: 'A Buyer',
})
