import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import Stripe from 'stripe'
import type { Service } from '../local/service.ts'
import type { Report } from './report.ts'
import { createStripeSecretStore } from './stripeSecret.ts'
import { checkWebhook } from './webhook.ts'

interface StripeOptions {
  readonly secretsManager: SecretsManagerClient
  readonly service: Service
  readonly stage: string
  /** The URL of the service. */
  readonly url: string | undefined
  /** True for a stage that receives real payments. */
  readonly isLive: boolean
  readonly stripeApiKey: string | undefined
  readonly storeKey: boolean
  readonly createStripe: (apiKey: string) => Stripe
}

/** Secret and restricted keys, with their mode: https://docs.stripe.com/keys */
const API_KEY = /^(?:sk|rk)_(live|test)_\w+$/

/** Checks that Stripe sends events to the service. Never calls Stripe with a key of the wrong mode. */
export async function checkStripe(options: StripeOptions, report: Report): Promise<void> {
  const { secretsManager, service, stage, url, isLive, stripeApiKey, storeKey } = options
  const store = createStripeSecretStore(secretsManager, service.custom.names.stripe)
  const mode = isLive ? 'live' : 'test'
  if (stripeApiKey === undefined) {
    const { webhookSecrets } = await store.read()
    if (webhookSecrets.length > 0) {
      report.ok('the service accepts Stripe events; to check the endpoint, set STRIPE_API_KEY')
    } else {
      report.todo(
        `Register the webhook at Stripe: run setup again with STRIPE_API_KEY in the environment, a ${mode} key that can write webhook endpoints`,
      )
    }
    return
  }
  const keyMode = API_KEY.exec(stripeApiKey)?.[1]
  if (keyMode !== mode) {
    report.todo(
      keyMode === undefined
        ? 'Set STRIPE_API_KEY to a secret or restricted key of Stripe: its value is neither'
        : `Set STRIPE_API_KEY to a ${mode} key of Stripe: ${stage} uses ${mode} mode, and its value is a ${keyMode} key`,
    )
    return
  }
  if (url === undefined) {
    report.todo('Pass the URL of the service with --url')
    return
  }
  const stripe = options.createStripe(stripeApiKey)
  try {
    report.ok(`Stripe account ${await readAccount(stripe)}, ${mode} mode`)
    await checkWebhook({ stripe, store, report, stage, url: `${url}/webhooks/stripe` })
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error
    report.todo(
      `Stripe rejected a request (${formatReason(error)}): correct that and run setup again`,
    )
    return
  }
  if (!storeKey) return
  if ((await store.read()).apiKey === stripeApiKey) {
    report.ok('the service uses this Stripe key')
    return
  }
  await store.update((before) => ({ ...before, apiKey: stripeApiKey }))
  report.done('the service now uses this Stripe key')
}

/** A restricted key may lack the permission to read the account, and still have those that setup requires. */
async function readAccount(stripe: Stripe): Promise<string> {
  try {
    return (await stripe.accounts.retrieveCurrent()).id
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return '(hidden from this key)'
    throw error
  }
}

/** Removes keys, which Stripe quotes in part. */
const formatReason = (error: InstanceType<typeof Stripe.errors.StripeError>) =>
  error instanceof Stripe.errors.StripeAuthenticationError
    ? 'the key in STRIPE_API_KEY is unknown'
    : error.message.replace(/\b[sr]k_[\w*]+/g, 'the key')
