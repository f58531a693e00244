import Stripe from 'stripe'
import { EVENT_TYPES } from '../../lib/stripe/observe.ts'
import type { Report } from './report.ts'
import { CONFLICT, type StripeSecret, type StripeSecretStore } from './stripeSecret.ts'

interface Webhook {
  readonly stripe: Stripe
  readonly store: StripeSecretStore
  readonly report: Report
  readonly stage: string
  /** The URL that receives events. */
  readonly url: string
}

/**
 * Makes Stripe send exactly our events to `url`, in our API version and signed with a secret that the service has. Does
 * not touch endpoints with other URLs.
 *
 * Stripe shows a secret only when it creates an endpoint. An unusable endpoint is therefore replaced, and the id in our
 * secret identifies the usable one: if a run is interrupted before it stored the new secret, the next one creates another
 * endpoint. The old endpoint is disabled last: a duplicate event has no effect, but a missed one would be lost.
 */
export async function checkWebhook(webhook: Webhook): Promise<void> {
  const { stripe, store, report, url } = webhook
  const secret = await store.read()
  const endpoints: Stripe.WebhookEndpoint[] = []
  for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) {
    if (endpoint.url === url) endpoints.push(endpoint)
  }
  const usable = endpoints.find((endpoint) => isUsable(endpoint, secret))
  if (usable) await checkEvents(webhook, usable)
  const { id } = usable ?? (await createEndpoint(webhook, secret))
  for (const endpoint of endpoints) {
    if (endpoint.id === id || endpoint.status === 'disabled') continue
    await stripe.webhookEndpoints.update(endpoint.id, { disabled: true })
    report.done(`endpoint ${endpoint.id} is replaced and now disabled`)
  }
  const { webhookSecrets } = await store.read()
  if (webhookSecrets.length > 1) {
    report.ok(
      `${webhookSecrets.length} Stripe signing secrets are trusted; to remove those of replaced endpoints: docs/operations.md`,
    )
  }
}

const isUsable = (
  { id, status, api_version }: Stripe.WebhookEndpoint,
  { webhookEndpoint, webhookSecrets }: StripeSecret,
) =>
  id === webhookEndpoint &&
  webhookSecrets.length > 0 &&
  status === 'enabled' &&
  api_version === Stripe.API_VERSION

async function checkEvents(
  { stripe, report, url }: Webhook,
  { id, enabled_events }: Stripe.WebhookEndpoint,
) {
  const types = new Set(enabled_events)
  if (types.size === EVENT_TYPES.length && EVENT_TYPES.every((type) => types.has(type))) {
    report.ok(`endpoint ${id}: Stripe sends ${types.size} types of events to ${url}`)
    return
  }
  await stripe.webhookEndpoints.update(id, { enabled_events: EVENT_TYPES })
  report.done(`endpoint ${id}: the types of events are corrected`)
}

async function createEndpoint(
  { stripe, store, report, stage, url }: Webhook,
  { webhookEndpoint }: StripeSecret,
) {
  const endpoint = await stripe.webhookEndpoints.create({
    url,
    enabled_events: EVENT_TYPES,
    api_version: Stripe.API_VERSION,
    description: `License Authority, ${stage}`,
  })
  const { id, secret } = endpoint
  if (secret === undefined) throw new Error(`Stripe did not show the secret of ${id}`)
  await store.update((before) => {
    if (before.webhookEndpoint !== webhookEndpoint) throw new Error(CONFLICT)
    const webhookSecrets = [secret, ...before.webhookSecrets]
    return { ...before, webhookSecrets, webhookEndpoint: id }
  })
  report.done(
    `endpoint ${id}: Stripe now sends events to ${url}; running functions read its secret within ten minutes, and Stripe repeats earlier events`,
  )
  return endpoint
}
