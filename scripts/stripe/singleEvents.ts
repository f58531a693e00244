/** Builds single events about a purchase, other events of which may have been sent before. */

import { PRICE, type Seconds, type StripeEvent } from './objects.ts'
import type { EventFactory } from './scenarios.ts'

interface EventDetails {
  /** Seconds since the purchase. */
  readonly at: Seconds
  /** The month of a subscription, from 0. */
  readonly month: number
  /** True if the purchase is a subscription, for types that do not imply it. */
  readonly subscribed: boolean
}

type EventBuilder = (to: EventFactory, details: EventDetails) => StripeEvent

const checkout =
  (type: string, fields: object = {}): EventBuilder =>
  (to, { at }) =>
    to.oneTime(type, at, fields)

const subscription =
  (type: string, toFields: (to: EventFactory, details: EventDetails) => object = () => ({})) =>
  (to: EventFactory, details: EventDetails) =>
    to.subscription(type, details.at, to.period(details.month), toFields(to, details))

const invoice =
  (type: string, status: string): EventBuilder =>
  (to, { at, month }) =>
    to.invoice(type, at, month, to.period(month), status)

const toPayment = (to: EventFactory, { month, subscribed }: EventDetails) =>
  to.payment(subscribed ? month : undefined)

const refund =
  (type: string, status: string): EventBuilder =>
  (to, details) =>
    to.refund(type, details.at, toPayment(to, details), status)

const dispute =
  (type: string, status: string): EventBuilder =>
  (to, details) =>
    to.dispute(type, details.at, toPayment(to, details), status)

export const EVENT_BUILDERS: Readonly<Record<string, EventBuilder>> = {
  'checkout.session.completed': (to, { at, subscribed }) =>
    subscribed ? to.subscribed(at) : to.oneTime('completed', at),
  'checkout.session.async_payment_succeeded': checkout('async_payment_succeeded'),
  'checkout.session.async_payment_failed': checkout('async_payment_failed', {
    payment_status: 'unpaid',
  }),
  'checkout.session.expired': checkout('expired', { payment_status: 'unpaid', status: 'expired' }),
  'invoice.paid': invoice('paid', 'paid'),
  'invoice.payment_succeeded': invoice('payment_succeeded', 'paid'),
  'invoice.payment_failed': invoice('payment_failed', 'open'),
  'invoice.voided': invoice('voided', 'void'),
  'invoice.marked_uncollectible': invoice('marked_uncollectible', 'uncollectible'),
  'invoice_payment.paid': (to, { at, month }) => to.paidBy(at, month),
  'customer.subscription.created': subscription('created'),
  'customer.subscription.updated': subscription('updated'),
  'customer.subscription.deleted': subscription('deleted', (to, { at }) => ({
    status: 'canceled',
    ended_at: to.toTime(at),
  })),
  'customer.subscription.paused': subscription('paused', () => ({ status: 'paused' })),
  'customer.subscription.resumed': subscription('resumed'),
  'customer.subscription.trial_will_end': subscription('trial_will_end', (to, { month }) => ({
    status: 'trialing',
    trial_end: to.period(month).end,
  })),
  'charge.refunded': (to, details) => to.charge(details.at, toPayment(to, details), PRICE),
  'refund.created': refund('created', 'pending'),
  'refund.updated': refund('updated', 'succeeded'),
  'refund.failed': refund('failed', 'failed'),
  'charge.dispute.created': dispute('created', 'needs_response'),
  'charge.dispute.updated': dispute('updated', 'under_review'),
  'charge.dispute.closed': dispute('closed', 'lost'),
  'charge.dispute.funds_reinstated': dispute('funds_reinstated', 'won'),
  'customer.updated': ({ customer, buyer }, { at }) =>
    customer('updated', at, buyer.email, buyer.metadata),
  'customer.deleted': ({ customer, buyer }, { at }) => customer('deleted', at, buyer.email),
}
