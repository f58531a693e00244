import type Stripe from 'stripe'

/** What a Stripe event says was bought. Nulls are what the event does not say. */
export interface Purchase {
  /** One purchase, one license: `pi:<payment intent>`, or `cs:<session>` where nothing had to be paid. */
  readonly key: string
  readonly paymentIntentId: string | null
  readonly userId: string | null
  readonly userEmail: string | null
  readonly tier: string | null
}

/** An event that changes nothing, and why. */
export interface Ignored {
  readonly ignored: string
}

/** A one-time purchase in an event, paid for. */
export function toPurchase(event: Stripe.Event): Purchase | Ignored {
  if (event.type !== 'checkout.session.completed') return { ignored: 'type' }
  const session = event.data.object
  if (session.mode !== 'payment') return { ignored: `mode ${session.mode}` }
  if (session.payment_status !== 'paid' && session.payment_status !== 'no_payment_required') {
    return { ignored: `payment_status ${session.payment_status}` }
  }
  const paymentIntentId = idOf(session.payment_intent)
  return {
    key: paymentIntentId === null ? `cs:${session.id}` : `pi:${paymentIntentId}`,
    paymentIntentId,
    userId: text(session.metadata?.['userId']) ?? text(session.client_reference_id),
    userEmail: text(session.customer_details?.email) ?? text(session.customer_email),
    tier: text(session.metadata?.['tier']),
  }
}

/** Payloads carry ids, objects fetched with `expand` carry the whole. */
function idOf(reference: string | { id: string } | null): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null)
}

/** Stripe's own longest metadata value is 500 characters; what is no text or empty says nothing. */
function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 500 && value.isWellFormed()
    ? value
    : null
}
