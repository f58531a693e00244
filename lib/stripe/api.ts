import type { KeyObject } from 'node:crypto'
import Stripe from 'stripe'

/** What only Stripe can say, and a webhook may need. */
export interface StripeApi {
  /** A subscription as it is now, and when that is, in milliseconds since the epoch by Stripe's own clock. */
  subscription(id: string): Promise<Fetched>
  /** What a checkout was for. */
  lineItems(sessionId: string): Promise<Fetched>
  /** All lines of an invoice, of which an event holds the first few. */
  invoiceLines(invoiceId: string): Promise<Fetched>
}

/** `unavailable`: asking again later can succeed. `refused`: it cannot. */
type Fetched =
  | { readonly status: 'fetched'; readonly value: unknown; readonly at: number }
  | { readonly status: 'unavailable' | 'refused'; readonly cause: unknown }

/** Two tries of this, and the pause between them, fit well into the ten seconds that Checkout waits for a webhook. */
const TIMEOUT_MS = 1500

/**
 * Stripe's own client.
 *
 * @param base where Stripe is, if not at its own address
 */
export function createStripe(apiKey: string, base: string | undefined, timeout: number): Stripe {
  const url = base === undefined ? undefined : new URL(base)
  return new Stripe(apiKey, {
    timeout,
    maxNetworkRetries: 1,
    telemetry: false,
    ...(url && {
      protocol: url.protocol === 'http:' ? 'http' : 'https',
      host: url.hostname,
      ...(url.port && { port: url.port }),
    }),
  })
}

/** @param base where Stripe is, if not at its own address */
export function createStripeApi(apiKey: KeyObject, base?: string): StripeApi {
  const stripe = createStripe(apiKey.export().toString(), base, TIMEOUT_MS)
  return {
    subscription: (id) => fetched(stripe.subscriptions.retrieve(id)),
    invoiceLines: (id) => fetched(stripe.invoices.listLineItems(id, { limit: 100 })),
    lineItems: (id) => fetched(stripe.checkout.sessions.listLineItems(id, { limit: 100 })),
  }
}

async function fetched(
  answer: Promise<{ readonly lastResponse: { readonly headers: Record<string, string> } }>,
): Promise<Fetched> {
  try {
    const value = await answer
    return {
      status: 'fetched',
      value,
      at: Date.parse(value.lastResponse.headers['date'] ?? '') || 0,
    }
  } catch (cause) {
    const passing = [
      Stripe.errors.StripeConnectionError,
      Stripe.errors.StripeRateLimitError,
      Stripe.errors.StripeAPIError,
      // A key that was rolled or may too little is mended by a person, and Stripe tries for three days.
      Stripe.errors.StripeAuthenticationError,
      Stripe.errors.StripePermissionError,
    ].some((kind) => cause instanceof kind)
    return { status: passing ? 'unavailable' : 'refused', cause }
  }
}
