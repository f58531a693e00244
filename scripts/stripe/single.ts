/** One event of each type, about a purchase that others may have told of before. */

import { PRICE, type Seconds, type StripeEvent } from './objects.ts'
import type { Player } from './scenarios.ts'

interface Moment {
  /** In seconds since the purchase began. */
  readonly at: Seconds
  /** Which month of a subscription it is about, from 0. */
  readonly month: number
  /** Whether what was bought is a subscription, where the type does not say so itself. */
  readonly subscribed: boolean
}

type Single = (player: Player, moment: Moment) => StripeEvent

const session =
  (type: string, fields: object = {}): Single =>
  ({ oneTime }, { at }) =>
    oneTime(type, at, fields)

const subscription =
  (type: string, fields: object = {}): Single =>
  (player, { at, month }) =>
    player.subscription(type, at, player.period(month), fields)

const invoice =
  (type: string, status: string): Single =>
  (player, { at, month }) =>
    player.invoice(`invoice.${type}`, at, month, player.period(month), status)

const refund =
  (type: string, status: string): Single =>
  (player, moment) =>
    player.refund(type, moment.at, paymentOf(player, moment), status)

const dispute =
  (type: string, status: string): Single =>
  (player, moment) =>
    player.dispute(type, moment.at, paymentOf(player, moment), status)

const paymentOf = (player: Player, { month, subscribed }: Moment) =>
  subscribed ? player.payment(month) : player.payment()

export const SINGLES: Readonly<Record<string, Single>> = {
  'checkout.session.completed': (player, moment) =>
    moment.subscribed
      ? player.subscribed(moment.at)
      : session('completed', { payment_status: 'paid' })(player, moment),
  'checkout.session.async_payment_succeeded': session('async_payment_succeeded'),
  'checkout.session.async_payment_failed': session('async_payment_failed', {
    payment_status: 'unpaid',
  }),
  'checkout.session.expired': session('expired', { payment_status: 'unpaid', status: 'expired' }),
  'invoice.paid': invoice('paid', 'paid'),
  'invoice.payment_succeeded': invoice('payment_succeeded', 'paid'),
  'invoice.payment_failed': invoice('payment_failed', 'open'),
  'invoice.voided': invoice('voided', 'void'),
  'invoice.marked_uncollectible': invoice('marked_uncollectible', 'uncollectible'),
  'invoice_payment.paid': ({ paidBy }, { at, month }) => paidBy(at, month),
  'customer.subscription.created': subscription('created'),
  'customer.subscription.updated': subscription('updated'),
  'customer.subscription.deleted': (player, moment) =>
    subscription('deleted', { status: 'canceled', ended_at: player.moment(moment.at) })(
      player,
      moment,
    ),
  'customer.subscription.paused': subscription('paused', { status: 'paused' }),
  'customer.subscription.resumed': subscription('resumed'),
  'customer.subscription.trial_will_end': (player, moment) =>
    subscription('trial_will_end', {
      status: 'trialing',
      trial_end: player.period(moment.month).end,
    })(player, moment),
  'charge.refunded': (player, moment) => player.charge(moment.at, paymentOf(player, moment), PRICE),
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
