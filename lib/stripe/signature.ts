import type { KeyObject } from 'node:crypto'
import Stripe from 'stripe'

/** How old a signature may be, and how far ahead of our clock: Stripe's own default for the past. */
const TOLERANCE_SECONDS = 300

/**
 * The payload of a webhook's body, if Stripe signed it with one of the secrets; otherwise undefined.
 * Several secrets count, since a rolled one stays in use for a day. Whatever the verification throws is a refusal:
 * the sender is nobody we know, so nothing it sends may look like a fault of ours.
 *
 * @param now milliseconds since the epoch
 */
export function verifySignature(
  body: Buffer,
  header: string | undefined,
  secrets: readonly KeyObject[],
  now: number,
): { readonly payload: unknown } | undefined {
  if (header === undefined || isFromTheFuture(header, now)) return
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
      // The next secret may be the one.
    }
  }
  return
}

/** Stripe's own check refuses old signatures only. */
function isFromTheFuture(header: string, now: number): boolean {
  const times = [...header.matchAll(/(?:^|,)\s*t=(\d+)/g)]
  return times.some(([, signedAt]) => Number(signedAt) * 1000 > now + TOLERANCE_SECONDS * 1000)
}
