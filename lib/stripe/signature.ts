import type { KeyObject } from 'node:crypto'
import Stripe from 'stripe'

/** The maximum age of a signature, and its maximum lead over this clock. Stripe's default. */
const TOLERANCE_SECONDS = 300

/**
 * Returns the payload of a webhook's body if Stripe signed it with one of the secrets; otherwise undefined. Several
 * secrets are valid at a time, since Stripe keeps using a rolled one for up to a day. Every error counts as an invalid
 * signature: an unauthenticated caller must not be able to cause a server error.
 *
 * @param now milliseconds since the epoch
 */
export function verifySignature(
  body: Buffer,
  header: string | undefined,
  secrets: readonly KeyObject[],
  now: number,
): { readonly payload: unknown } | undefined {
  if (header === undefined || isFromFuture(header, now)) return
  for (const secret of secrets) {
    try {
      const text = secret.export().toString()
      return {
        payload: Stripe.webhooks.constructEvent(
          body,
          header,
          text,
          TOLERANCE_SECONDS,
          undefined,
          now,
        ),
      }
    } catch {
      // Try the next secret.
    }
  }
  return
}

/** Rejects signatures from the future: Stripe's SDK rejects old ones only. */
function isFromFuture(header: string, now: number): boolean {
  const times = [...header.matchAll(/(?:^|,)\s*t=(\d+)/g)]
  return times.some(([, signedAt]) => Number(signedAt) * 1000 > now + TOLERANCE_SECONDS * 1000)
}
