/**
 * POST /webhooks/stripe: issues and updates licenses from Stripe's events. For Stripe, by signature.
 *
 * 200 means that the event was applied or has no effect, so Stripe does not send it again. The response says what the event
 * did, and never contains a key: Stripe's dashboard shows it.
 */

import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { Problem } from '../lib/http/problem.ts'
import { rawBody } from '../lib/http/request.ts'
import { json, type Response } from '../lib/http/response.ts'
import { entry } from '../lib/lambda/entry.ts'
import { errorHandler } from '../lib/lambda/errorHandler.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { retryOnMasterKeyFault, secretsManager } from '../lib/lambda/secrets.ts'
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

  const apply = middy<APIGatewayProxyEventV2, Response>()
    .use(secretsManager(runtime, ['masterKeys', 'pepper', 'stripe']))
    .handler(async (event, { secrets: { masterKeys: ring, pepper, stripe } }) => {
      const now = clock()
      const body = rawBody(event, MAX_EVENT_BYTES)
      const signature = event.headers['stripe-signature']
      const signed = verifySignature(body, signature, stripe.webhookSecrets, now)
      if (!signed) {
        metrics.count('WebhookUnsigned')
        throw new Problem('INVALID_SIGNATURE')
      }
      const stripeEvent = toEvent(signed.payload)
      if (!stripeEvent) {
        throw new Problem('INVALID_REQUEST', { error: 'The body is not a Stripe event' })
      }

      const { requestId } = event.requestContext
      const type = typeOf(stripeEvent)
      const applied =
        Boolean(stripeEvent.livemode) === livemode
          ? await applyEvent(
              {
                store,
                keys: { ring, pepper, prefix: catalog.prefix },
                catalog,
                api: getStripeApi(stripe.apiKey),
                now,
                requestId,
              },
              stripeEvent,
            ).catch((error: unknown) => {
              metrics.count('StripeEvent', { type, outcome: 'failed' })
              throw error
            })
          : { ignored: 'livemode' }

      metrics.count('StripeEvent', { type, outcome: outcomeOf(applied) })
      report(runtime, { requestId, eventId: stripeEvent.id, type: stripeEvent.type }, applied)
      return json(200, { received: true, ...applied })
    })

  return middy<APIGatewayProxyEventV2, Response>()
    .use(errorHandler(runtime, { failure: 'WebhookFailed' }))
    .handler(retryOnMasterKeyFault(runtime, apply))
}

/** Returns the type as a dimension; each of Stripe's many other types would cost one more metric. */
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
  // The customer paid and may lack the license, so that an operator has to check.
  log[alerts.length > 0 ? 'warn' : 'info']('stripe event', { ...about, ...applied })
}

export const handler = await entry(createRuntime, createHandler)
