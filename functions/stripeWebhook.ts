/**
 * POST /webhooks/stripe: what Stripe tells us becomes a license. For Stripe only, by signature.
 *
 * 200 means that the event has had its effect, or can have none: Stripe then never sends it again. The answer says
 * what it did, for whoever reads it in Stripe's dashboard, and for that very reason never holds a key.
 */

import { Problem } from '../lib/http/problem.ts'
import { rawBody } from '../lib/http/request.ts'
import { json } from '../lib/http/response.ts'
import { endpoint } from '../lib/lambda/endpoint.ts'
import { entry } from '../lib/lambda/entry.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { createStripeApiProvider } from '../lib/stripe/api.ts'
import { applyEvent, type EventResult } from '../lib/stripe/applyEvent.ts'
import { toEvent } from '../lib/stripe/event.ts'
import { needsReview } from '../lib/stripe/lineItems.ts'
import { isObserved } from '../lib/stripe/observe.ts'
import { verifySignature } from '../lib/stripe/signature.ts'

const MAX_EVENT_BYTES = 1024 * 1024

export function createHandler(runtime: Runtime) {
  const { catalog, clock, metrics, store } = runtime
  const { livemode, apiBase } = runtime.stripe
  const getStripeApi = createStripeApiProvider(apiBase)
  const options = {
    secrets: ['masterKeys', 'pepper', 'stripe'],
    cors: false,
    failure: 'WebhookFailed',
  } as const
  return endpoint(runtime, options, async (event, { masterKeys: ring, pepper, stripe }) => {
    const header = event.headers['stripe-signature']
    const body = rawBody(event, MAX_EVENT_BYTES)
    const signed = verifySignature(body, header, stripe.webhookSecrets, clock())
    if (!signed) {
      metrics.count('WebhookUnsigned')
      throw new Problem('INVALID_SIGNATURE')
    }
    const stripeEvent = toEvent(signed.payload)
    if (!stripeEvent) {
      throw new Problem('INVALID_REQUEST', { error: 'The body is not a Stripe event' })
    }

    const applied =
      Boolean(stripeEvent.livemode) === livemode
        ? await applyEvent(
            {
              store,
              keys: { ring, pepper, prefix: catalog.prefix },
              catalog,
              api: getStripeApi(stripe.apiKey),
              now: clock(),
              requestId: event.requestContext.requestId,
            },
            stripeEvent,
          ).catch((error: unknown) => {
            metrics.count('StripeEvent', { type: typeOf(stripeEvent), outcome: 'failed' })
            throw error
          })
        : { ignored: 'livemode' }
    const { requestId } = event.requestContext
    metrics.count('StripeEvent', { type: typeOf(stripeEvent), outcome: outcomeOf(applied) })
    report(runtime, { requestId, eventId: stripeEvent.id, type: stripeEvent.type }, applied)
    return json(200, { received: true, ...applied })
  })
}

/** As a dimension: each of Stripe's many other types would be a metric more to pay for. */
const typeOf = ({ type }: { readonly type: string }) => (isObserved(type) ? type : 'other')

function outcomeOf(applied: EventResult): string {
  if ('ignored' in applied) return 'ignored'
  return 'repeated' in applied ? 'repeated' : applied.effect
}

function report(
  { log, metrics }: Runtime,
  about: { requestId: string; eventId: string; type: string },
  applied: EventResult,
) {
  if ('ignored' in applied) {
    metrics.count('StripeEventIgnored', { reason: applied.ignored.split(' ', 1).join() })
    log.info('stripe event ignored', { ...about, reason: applied.ignored })
    return
  }
  if ('repeated' in applied) metrics.count('Duplicates')
  const alerts = 'alerts' in applied ? applied.alerts : []
  if (needsReview(alerts)) metrics.count('PurchaseParked')
  for (const alert of alerts) metrics.count('StripeAlert', { alert })
  // Somebody paid and may not have what was bought: a person has to look.
  log[alerts.length > 0 ? 'warn' : 'info']('stripe event', { ...about, ...applied })
}

export const handler = await entry(createRuntime, createHandler)
