import Stripe from 'stripe'
import { EVENT_TYPES } from '../../lib/stripe/observe.ts'
import type { Report } from './report.ts'
import { type StripeSecret, type storedStripeSecret, TAKEN } from './stripeSecret.ts'

interface Webhook {
  readonly stripe: Stripe
  readonly stored: ReturnType<typeof storedStripeSecret>
  readonly report: Report
  readonly stage: string
  /** Where Stripe is to send its events. */
  readonly url: string
}

/**
 * Sees to it that Stripe sends our events, and no others, to `url`, in our API version and signed with a secret that the
 * service has. Endpoints of other URLs are not touched.
 *
 * Stripe shows a secret only to whoever makes the endpoint. So whatever cannot be used is replaced, and it is the id in
 * our secret that says which endpoint can be: when this ends after the new one was made and before its secret was
 * stored, the next run takes it for one that cannot, and makes another. Only then the old one is disabled: an event that
 * comes twice has its effect once, and one that never comes has none.
 */
export async function checkWebhook(webhook: Webhook): Promise<void> {
  const { stripe, stored, report, url } = webhook
  const secret = await stored.read()
  const ours: Stripe.WebhookEndpoint[] = []
  for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) {
    if (endpoint.url === url) ours.push(endpoint)
  }
  const used = ours.find((endpoint) => isUsable(endpoint, secret))
  if (used) await checkEvents(webhook, used)
  const { id } = used ?? (await makeEndpoint(webhook, secret))
  for (const endpoint of ours) {
    if (endpoint.id === id || endpoint.status === 'disabled') continue
    await stripe.webhookEndpoints.update(endpoint.id, { disabled: true })
    report.done(`endpoint ${endpoint.id}, which is replaced, is disabled`)
  }
  const { webhookSecrets } = await stored.read()
  if (webhookSecrets.length > 1) {
    report.ok(
      `${webhookSecrets.length} signing secrets of Stripe are trusted; to end those of endpoints that are gone: docs/operations.md`,
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
  const told = new Set(enabled_events)
  const isRight = told.size === EVENT_TYPES.length && EVENT_TYPES.every((type) => told.has(type))
  if (isRight) {
    report.ok(`endpoint ${id}: Stripe sends ${told.size} types of events to ${url}`)
    return
  }
  await stripe.webhookEndpoints.update(id, { enabled_events: EVENT_TYPES })
  report.done(`endpoint ${id}: it was sent other types of events than it should be`)
}

async function makeEndpoint(
  { stripe, stored, report, stage, url }: Webhook,
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
  await stored.change((before) => {
    if (before.webhookEndpoint !== webhookEndpoint) throw new Error(TAKEN)
    const webhookSecrets = [secret, ...before.webhookSecrets]
    return { ...before, webhookSecrets, webhookEndpoint: id }
  })
  report.done(
    `endpoint ${id}: Stripe sends events to ${url} from now on; running functions know its secret within ten minutes, and Stripe repeats what comes before`,
  )
  return endpoint
}
