import type Stripe from 'stripe'
import { readCharge, readDispute, readRefund } from './charge.ts'
import { type CustomerFact, NO_CUSTOMER, readCustomer } from './customer.ts'
import { type Facts, NO_FACTS } from './facts.ts'
import { firstKnown, idAt, timestampAt, valueAt } from './fields.ts'
import { paymentsOf, readInvoice, readInvoicePayment, subscriptionOf } from './invoice.ts'
import { dated } from './merge.ts'
import { readSession } from './session.ts'
import { readSubscription } from './subscription.ts'

/** The objects that hold a purchase together, from the one that names it best. */
export const KINDS = ['sub', 'pi', 'cs', 'in', 'ch'] as const

export interface Reference {
  readonly kind: (typeof KINDS)[number]
  readonly id: string
}

/** What one event says. */
export interface Observation {
  readonly facts: Facts
  /** The objects that it says belong together. None for an event about a customer alone. */
  readonly references: readonly Reference[]
  readonly customerId: string | null
  readonly customer: CustomerFact
}

/** An event that changes nothing, and why. */
export interface Ignored {
  readonly ignored: string
}

/** `said` is when Stripe said it and `now` when we heard it, in milliseconds since the epoch. */
type EventReader = (object: unknown, event: EventTimes, id: string) => Observation | string

interface EventTimes {
  readonly type: string
  readonly said: number
  readonly now: number
}

const SESSION: EventReader = (object, { type, said, now }, id) => {
  const fact = readSession(object, type, said, now)
  if (typeof fact === 'string') return fact
  const { subscriptionId, paymentIntentId, customerId } = fact
  return {
    facts: { ...NO_FACTS, sessions: { [id]: fact } },
    references: references({ sub: subscriptionId, pi: paymentIntentId, cs: id }),
    customerId,
    customer: { ...NO_CUSTOMER, user: dated(said, fact.userId) },
  }
}

const SUBSCRIPTION: EventReader = (object, { type, said }, id) => {
  const fact = readSubscription(object, type, said)
  if (typeof fact === 'string') return fact
  const { customerId, userId } = fact.now
  return {
    facts: { ...NO_FACTS, subscriptions: { [id]: fact } },
    references: references({ sub: id }),
    customerId,
    customer: { ...NO_CUSTOMER, user: dated(said, userId) },
  }
}

const INVOICE: EventReader = (object, { said }, id) => {
  const subscription = subscriptionOf(object)
  if (subscription === null) return 'no subscription'
  const fact = readInvoice(object, said)
  if (typeof fact === 'string') return fact
  return {
    facts: { ...NO_FACTS, invoices: { [id]: fact } },
    references: [...references({ sub: subscription, in: id }), ...fact.payments.map(toPayment)],
    customerId: fact.customerId,
    customer: NO_CUSTOMER,
  }
}

const INVOICE_PAYMENT: EventReader = (object, { said }) => {
  const invoice = idAt(object, 'invoice')
  const payments = paymentsOf(valueAt(object, 'payment'))
  if (invoice === null || payments.length === 0) return 'no payment'
  return {
    facts: { ...NO_FACTS, invoices: { [invoice]: readInvoicePayment(object, said) } },
    references: [...references({ in: invoice }), ...payments.map(toPayment)],
    customerId: null,
    customer: NO_CUSTOMER,
  }
}

const CHARGE: EventReader = (object, _, id) => ({
  facts: { ...NO_FACTS, charges: { [id]: readCharge(object) } },
  references: references({
    pi: idAt(object, 'payment_intent'),
    in: idAt(object, 'invoice'),
    ch: id,
  }),
  customerId: idAt(object, 'customer'),
  customer: NO_CUSTOMER,
})

const REFUND: EventReader = (object, { type }, id) => {
  const fact = readRefund(object, type)
  if (typeof fact === 'string') return fact
  return {
    facts: { ...NO_FACTS, refunds: { [id]: fact } },
    references: references({ pi: fact.paymentIntentId, ch: fact.chargeId }),
    customerId: null,
    customer: NO_CUSTOMER,
  }
}

const DISPUTE: EventReader = (object, _, id) => {
  const fact = readDispute(object)
  if (typeof fact === 'string') return fact
  return {
    facts: { ...NO_FACTS, disputes: { [id]: fact } },
    references: references({ pi: idAt(object, 'payment_intent'), ch: idAt(object, 'charge') }),
    customerId: null,
    customer: NO_CUSTOMER,
  }
}

const CUSTOMER: EventReader = (object, { said }, id) => ({
  facts: NO_FACTS,
  references: [],
  customerId: id,
  customer: readCustomer(object, said),
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
  // Tells which payment a charge belongs to, which an old dispute does not.
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

/** What an endpoint has to be told of. `refund.updated` tells all that `charge.refund.updated` told before there was it. */
export const EVENT_TYPES = (Object.keys(READERS) as Type[]).filter(
  (type) => type !== 'charge.refund.updated',
)

/** Whether events of a type say anything of a purchase. */
export const isObserved = (type: string): type is Type => Object.hasOwn(READERS, type)

/**
 * Reads what an event says, in whatever shape its API version has.
 *
 * @param now when we heard it, in milliseconds since the epoch
 */
export function observe(event: Stripe.Event, now: number): Observation | Ignored {
  const { type, data, account } = event
  // A connected account's customers are its own.
  if (typeof account === 'string') return { ignored: 'account' }
  if (!isObserved(type)) return { ignored: 'type' }
  const read: EventReader = READERS[type]
  const id = idAt(data.object, 'id')
  if (id === null) return { ignored: 'no id' }
  const observation = read(
    data.object,
    { type, said: timestampAt(event, 'created') ?? now, now },
    id,
  )
  return typeof observation === 'string' ? { ignored: observation } : observation
}

function references(ids: Partial<Record<Reference['kind'], string | null>>): readonly Reference[] {
  return KINDS.flatMap((kind) => {
    const id = firstKnown(ids[kind] ?? null)
    return id === null ? [] : { kind, id }
  })
}

/** Which object an id names that stands for a payment. */
const toPayment = (id: string): Reference => ({ kind: id.startsWith('pi_') ? 'pi' : 'ch', id })
