import type Stripe from 'stripe'
import { readCharge, readDispute, readRefund } from './charge.ts'
import { type CustomerFact, NO_CUSTOMER, readCustomer } from './customer.ts'
import { type Facts, NO_FACTS } from './facts.ts'
import { firstKnown, idAt, timestampAt, valueAt } from './fields.ts'
import { readInvoice, readInvoicePayment, readPaymentIds, readSubscriptionId } from './invoice.ts'
import { dated } from './merge.ts'
import { KINDS, type Reference } from './reference.ts'
import { readSession } from './session.ts'
import { readSubscription } from './subscription.ts'

/** The facts that one event states. */
export interface Observation {
  readonly facts: Facts
  /** The objects of one purchase. None for an event about a customer. */
  readonly references: readonly Reference[]
  readonly customerId: string | null
  readonly customer: CustomerFact
}

/** An observation without the parts that an event says nothing about. */
type Statement = Partial<Omit<Observation, 'facts'>> & { readonly facts?: Partial<Facts> }

/** An event that changes nothing. */
export interface Ignored {
  /** The reason. */
  readonly ignored: string
}

/** Reads the object of an event, or returns the reason why it is ignored. */
type EventReader = (object: unknown, event: EventInfo, id: string) => Statement | string

interface EventInfo {
  readonly type: string
  /** When Stripe created the event, in milliseconds since the epoch. */
  readonly createdAt: number
  /** When it was received. */
  readonly receivedAt: number
}

const SESSION: EventReader = (object, { type, createdAt, receivedAt }, id) => {
  const fact = readSession(object, type, createdAt, receivedAt)
  if (typeof fact === 'string') return fact
  const { subscriptionId, paymentIntentId, customerId } = fact
  return {
    facts: { sessions: { [id]: fact } },
    references: toReferences({ sub: subscriptionId, pi: paymentIntentId, cs: id }),
    customerId,
    customer: { ...NO_CUSTOMER, user: dated(createdAt, fact.userId) },
  }
}

const SUBSCRIPTION: EventReader = (object, { type, createdAt }, id) => {
  const fact = readSubscription(object, type, createdAt)
  if (typeof fact === 'string') return fact
  const { customerId, userId } = fact.now
  return {
    facts: { subscriptions: { [id]: fact } },
    references: toReferences({ sub: id }),
    customerId,
    customer: { ...NO_CUSTOMER, user: dated(createdAt, userId) },
  }
}

const INVOICE: EventReader = (object, { createdAt }, id) => {
  const subscription = readSubscriptionId(object)
  if (subscription === null) return 'no subscription'
  const fact = readInvoice(object, createdAt)
  if (typeof fact === 'string') return fact
  return {
    facts: { invoices: { [id]: fact } },
    references: [...toReferences({ sub: subscription, in: id }), ...fact.payments.map(toPayment)],
    customerId: fact.customerId,
  }
}

const INVOICE_PAYMENT: EventReader = (object, { createdAt }) => {
  const invoice = idAt(object, 'invoice')
  const payments = readPaymentIds(valueAt(object, 'payment'))
  if (invoice === null || payments.length === 0) return 'no payment'
  return {
    facts: { invoices: { [invoice]: readInvoicePayment(object, createdAt) } },
    references: [...toReferences({ in: invoice }), ...payments.map(toPayment)],
  }
}

const CHARGE: EventReader = (object, _, id) => ({
  facts: { charges: { [id]: readCharge(object) } },
  references: toReferences({
    pi: idAt(object, 'payment_intent'),
    in: idAt(object, 'invoice'),
    ch: id,
  }),
  customerId: idAt(object, 'customer'),
})

const REFUND: EventReader = (object, { type }, id) => {
  const fact = readRefund(object, type)
  if (typeof fact === 'string') return fact
  return {
    facts: { refunds: { [id]: fact } },
    references: toReferences({ pi: fact.paymentIntentId, ch: fact.chargeId }),
  }
}

const DISPUTE: EventReader = (object, _, id) => {
  const fact = readDispute(object)
  if (typeof fact === 'string') return fact
  return {
    facts: { disputes: { [id]: fact } },
    references: toReferences({ pi: idAt(object, 'payment_intent'), ch: idAt(object, 'charge') }),
  }
}

const CUSTOMER: EventReader = (object, { createdAt }, id) => ({
  customerId: id,
  customer: readCustomer(object, createdAt),
})

const READERS = {
  'checkout.session.completed': SESSION,
  'checkout.session.async_payment_succeeded': SESSION,
  'checkout.session.async_payment_failed': SESSION,
  'checkout.session.expired': SESSION,
  'invoice.paid': INVOICE,
  'invoice.payment_succeeded': INVOICE,
  'invoice.payment_failed': INVOICE,
  'invoice.voided': INVOICE,
  'invoice.marked_uncollectible': INVOICE,
  'invoice_payment.paid': INVOICE_PAYMENT,
  'customer.subscription.created': SUBSCRIPTION,
  'customer.subscription.updated': SUBSCRIPTION,
  'customer.subscription.deleted': SUBSCRIPTION,
  'customer.subscription.paused': SUBSCRIPTION,
  'customer.subscription.resumed': SUBSCRIPTION,
  'customer.subscription.trial_will_end': SUBSCRIPTION,
  // Links a charge to its payment intent, which disputes of old API versions do not name.
  'charge.succeeded': CHARGE,
  'charge.refunded': CHARGE,
  'charge.refund.updated': REFUND,
  'refund.created': REFUND,
  'refund.updated': REFUND,
  'refund.failed': REFUND,
  'charge.dispute.created': DISPUTE,
  'charge.dispute.updated': DISPUTE,
  'charge.dispute.closed': DISPUTE,
  'charge.dispute.funds_withdrawn': DISPUTE,
  'charge.dispute.funds_reinstated': DISPUTE,
  'customer.updated': CUSTOMER,
  'customer.deleted': CUSTOMER,
} satisfies Partial<Record<Stripe.WebhookEndpointCreateParams.EnabledEvent, EventReader>>

type Type = keyof typeof READERS

/** The event types that a webhook endpoint must be subscribed to. `refund.updated` replaces `charge.refund.updated`. */
export const EVENT_TYPES = (Object.keys(READERS) as Type[]).filter(
  (type) => type !== 'charge.refund.updated',
)

/** True for event types that say anything about a purchase. */
export const isObserved = (type: string): type is Type => Object.hasOwn(READERS, type)

/**
 * Reads the facts of an event, of any API version.
 *
 * @param receivedAt milliseconds since the epoch
 */
export function observe(event: Stripe.Event, receivedAt: number): Observation | Ignored {
  const { type, data, account } = event
  // Events of connected accounts are about their own customers.
  if (typeof account === 'string') return { ignored: 'account' }
  if (!isObserved(type)) return { ignored: 'type' }
  const read: EventReader = READERS[type]
  const id = idAt(data.object, 'id')
  if (id === null) return { ignored: 'no id' }
  const createdAt = timestampAt(event, 'created') ?? receivedAt
  const statement = read(data.object, { type, createdAt, receivedAt }, id)
  if (typeof statement === 'string') return { ignored: statement }
  const facts = { ...NO_FACTS, ...statement.facts }
  return { references: [], customerId: null, customer: NO_CUSTOMER, ...statement, facts }
}

function toReferences(
  ids: Partial<Record<Reference['kind'], string | null>>,
): readonly Reference[] {
  return KINDS.flatMap((kind) => {
    const id = firstKnown(ids[kind] ?? null)
    return id === null ? [] : { kind, id }
  })
}

/** Returns the payment intent or the charge that an id names. */
const toPayment = (id: string): Reference => ({ kind: id.startsWith('pi_') ? 'pi' : 'ch', id })
