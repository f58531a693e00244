import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import Stripe from 'stripe'
import type { Report } from './report.ts'
import { storedStripeSecret } from './stripeSecret.ts'
import { checkWebhook } from './webhook.ts'

interface Selling {
  readonly secretsManager: SecretsManagerClient
  readonly secretId: string
  readonly report: Report
  readonly stage: string
  /** Where the service is. */
  readonly url: string | undefined
  /** Whether the stage sells for real money. */
  readonly livemode: boolean
  /** A key of whoever runs this, which may change webhook endpoints. */
  readonly apiKey: string | undefined
  /** Whether the service is to have that key for its own. */
  readonly storeKey: boolean
  readonly createStripe: (apiKey: string) => Stripe
}

/** Secret and restricted keys; the second part is the mode: https://docs.stripe.com/keys */
const API_KEY = /^(?:sk|rk)_(live|test)_\w+$/

/** Sees to it that Stripe tells the service of what is sold. */
export async function checkStripe(selling: Selling): Promise<void> {
  const { secretsManager, secretId, report, stage, url, livemode, apiKey } = selling
  const stored = storedStripeSecret(secretsManager, secretId)
  const mode = livemode ? 'live' : 'test'
  if (apiKey === undefined) {
    const { webhookSecrets } = await stored.read()
    if (webhookSecrets.length > 0) {
      report.ok("the service takes Stripe's events; to look at the endpoint, set STRIPE_API_KEY")
    } else {
      report.todo(
        `Let Stripe tell the service of what is sold: run this once more with a key of its ${mode} mode in the environment as STRIPE_API_KEY, which may write webhook endpoints`,
      )
    }
    return
  }
  const ofMode = API_KEY.exec(apiKey)?.[1]
  if (ofMode !== mode) {
    report.todo(
      ofMode === undefined
        ? 'Set STRIPE_API_KEY to a secret or a restricted key of Stripe: what is there is neither'
        : `Set STRIPE_API_KEY to a key of Stripe's ${mode} mode, which ${stage} sells in: what is there is of its ${ofMode} mode`,
    )
    return
  }
  if (url === undefined) {
    report.todo('Say where the service is, with --url')
    return
  }
  const stripe = selling.createStripe(apiKey)
  try {
    report.ok(`Stripe's account ${await nameOfAccount(stripe)}, in ${mode} mode`)
    await checkWebhook({ stripe, stored, report, stage, url: `${url}/webhooks/stripe` })
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error
    report.todo(
      `Stripe refused (${withoutKeys(reasonOf(error))}): mend that and run this once more`,
    )
    return
  }
  if (selling.storeKey) await storeKey(stored, apiKey, report)
}

/** A restricted key may be kept from asking whose it is, and yet be good for all that is asked of it here. */
async function nameOfAccount(stripe: Stripe): Promise<string> {
  try {
    return (await stripe.accounts.retrieveCurrent()).id
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError)
      return '(a restricted key may not see which)'
    throw error
  }
}

async function storeKey(
  stored: ReturnType<typeof storedStripeSecret>,
  apiKey: string,
  report: Report,
) {
  if ((await stored.read()).apiKey === apiKey) {
    report.ok('the service has this key of Stripe for its own')
    return
  }
  await stored.change((before) => ({ ...before, apiKey }))
  report.done('the service has this key of Stripe for its own now')
}

const reasonOf = (error: InstanceType<typeof Stripe.errors.StripeError>) =>
  error instanceof Stripe.errors.StripeAuthenticationError
    ? 'it does not know the key in STRIPE_API_KEY'
    : error.message

/** Stripe quotes keys, shortened. */
const withoutKeys = (message: string) => message.replace(/\b[sr]k_[\w*]+/g, 'the key')
