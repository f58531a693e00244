/**
 * POST /webhooks/stripe: what Stripe tells us becomes a license. For Stripe only, by signature.
 *
 * 200 means that the event has had its effect, or can have none: Stripe then never sends it again. The answer never
 * holds a key, since Stripe keeps answers in a log that others can read.
 */

import { findTier } from '../lib/catalog/tier.ts'
import { Problem } from '../lib/http/problem.ts'
import { rawBody } from '../lib/http/request.ts'
import { json } from '../lib/http/response.ts'
import { endpoint } from '../lib/lambda/endpoint.ts'
import { entry } from '../lib/lambda/entry.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { issueLicense, type Keys } from '../lib/license/index.ts'
import { toEvent } from '../lib/stripe/event.ts'
import { type Purchase, toPurchase } from '../lib/stripe/purchase.ts'
import { verifySignature } from '../lib/stripe/signature.ts'

const MAX_EVENT_BYTES = 1024 * 1024

export function createHandler(runtime: Runtime) {
  const { catalog, clock, log } = runtime
  const options = { secrets: ['masterKeys', 'pepper', 'stripe'], cors: false } as const
  return endpoint(runtime, options, async (event, { masterKeys: ring, pepper, stripe }) => {
    const header = event.headers['stripe-signature']
    const body = rawBody(event, MAX_EVENT_BYTES)
    const signed = verifySignature(body, header, stripe.webhookSecrets, clock())
    if (!signed) throw new Problem('INVALID_SIGNATURE')
    const stripeEvent = toEvent(signed.payload)
    if (!stripeEvent)
      throw new Problem('INVALID_REQUEST', { error: 'The body is not a Stripe event' })

    const { id: eventId, type } = stripeEvent
    const purchase = toPurchase(stripeEvent)
    const outcome =
      'ignored' in purchase
        ? purchase
        : await fulfill(runtime, { ring, pepper, prefix: catalog.prefix }, purchase, {
            eventId,
            requestId: event.requestContext.requestId,
          })
    // Somebody paid and does not have what was bought: a person has to look.
    const level = 'parked' in outcome || 'conflict' in outcome ? 'warn' : 'info'
    log[level]('stripe event', { eventId, type, ...outcome })
    return json(200, { received: true })
  })
}

async function fulfill(
  { catalog, clock, store }: Runtime,
  keys: Keys,
  purchase: Purchase,
  { eventId, requestId }: { eventId: string; requestId: string },
) {
  const { key: purchaseKey, tier, userId, userEmail, paymentIntentId } = purchase
  const now = clock()
  const sold = tier === null ? undefined : findTier(catalog, tier)
  if (tier === null || !sold) {
    const reason = tier === null ? 'TIER_MISSING' : 'TIER_UNKNOWN'
    const kept = { purchaseKey, reason, userId, userEmail, tier, eventId, parkedAt: now } as const
    return { parked: await store.park(kept), reason }
  }
  const issued = await issueLicense(
    { store, keys, now },
    {
      userId,
      userEmail,
      tier,
      durationDays: sold.defaultDurationDays,
      paymentIntentId,
      purchaseKey,
      actor: `stripe:${eventId}`,
      reason: 'purchase',
      requestId,
    },
  )
  return issued.ok
    ? { licenseId: issued.value.license.id, repeated: issued.value.repeated }
    : { conflict: purchaseKey }
}

export const handler = await entry(createHandler)
