import type { KeyObject } from 'node:crypto'
import Stripe from 'stripe'

/** Requests for facts that webhook events do not contain. */
export interface StripeApi {
  /** Fetches the current state of a subscription. */
  subscription(id: string): Promise<Fetched>
  lineItems(sessionId: string): Promise<Fetched>
  /** Fetches all lines of an invoice. An event contains the first few only. */
  invoiceLines(invoiceId: string): Promise<Fetched>
}

/**
 * The response to a request. `at` is its time by Stripe's clock, in milliseconds since the epoch. `unavailable`: a retry
 * can succeed. `refused`: it cannot.
 */
type Fetched =
  | { readonly status: 'fetched'; readonly value: unknown; readonly at: number }
  | { readonly status: 'unavailable' | 'refused'; readonly cause: unknown }

/** Two attempts, with the pause between them, fit into the ten seconds that Checkout waits for a webhook. */
const TIMEOUT_MS = 1500

/**
 * Creates a client of Stripe's SDK.
 *
 * @param base the address of the API, if not Stripe's own
 * @param timeout milliseconds per attempt
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

/** @param base the address of the API, if not Stripe's own */
export function createStripeApi(apiKey: KeyObject, base?: string): StripeApi {
  const stripe = createStripe(apiKey.export().toString(), base, TIMEOUT_MS)
  return {
    subscription: (id) => fetched(stripe.subscriptions.retrieve(id)),
    invoiceLines: (id) => fetched(stripe.invoices.listLineItems(id, { limit: 100 })),
    lineItems: (id) => fetched(stripe.checkout.sessions.listLineItems(id, { limit: 100 })),
  }
}

/** Returns the client of an API key, which is created again only if the key changes. Undefined without a key. */
type StripeApiProvider = (apiKey: KeyObject | undefined) => StripeApi | undefined

/** @param base the address of the API, if not Stripe's own */
export function createStripeApiProvider(base?: string): StripeApiProvider {
  let last: { readonly apiKey: KeyObject; readonly api: StripeApi } | undefined
  return (apiKey) => {
    if (!apiKey) return
    if (!last?.apiKey.equals(apiKey)) last = { apiKey, api: createStripeApi(apiKey, base) }
    return last.api
  }
}

async function fetched(
  response: Promise<{ readonly lastResponse: { readonly headers: Record<string, string> } }>,
): Promise<Fetched> {
  try {
    const value = await response
    const at = Date.parse(value.lastResponse.headers['date'] ?? '') || 0
    return { status: 'fetched', value, at }
  } catch (cause) {
    const isTransient = [
      Stripe.errors.StripeConnectionError,
      Stripe.errors.StripeRateLimitError,
      Stripe.errors.StripeAPIError,
      // An operator can replace a rolled or restricted key within the three days for which Stripe retries an event.
      Stripe.errors.StripeAuthenticationError,
      Stripe.errors.StripePermissionError,
    ].some((kind) => cause instanceof kind)
    return { status: isTransient ? 'unavailable' : 'refused', cause }
  }
}
