/** What each route takes of the database, in the units that are paid for, by the packaged functions themselves. */

import type { Bundles } from './bundles.ts'
import { type Environment, startEnvironment } from './environment.ts'
import { aBuyer, events } from './events.ts'
import { startRecorder } from './recorder.ts'
import type { Stage } from './stage.ts'

export interface Taken {
  readonly route: string
  readonly status: number
  /** What DynamoDB was asked, in order. */
  readonly operations: readonly string[]
  readonly read: number
  readonly write: number
}

const LISTED = 50
let measured = 0

/** Asks each route once, with nobody else there. */
export async function measureUnits(stage: Stage, bundles: Bundles): Promise<readonly Taken[]> {
  // Nobody of this time was ever heard of before.
  const run = `units${++measured}`
  const recorder = await startRecorder(stage)
  const started = new Map<string, Environment>()
  const taken: Taken[] = []

  async function environmentOf(name: string) {
    const known = started.get(name)
    if (known) return known
    const made = await startEnvironment(
      bundles.of(name).file,
      stage.variablesOf(name, recorder.url),
    )
    started.set(name, made)
    return made
  }

  async function ask(name: string, event: object, route?: string) {
    const environment = await environmentOf(name)
    // What it asked to be ready is of no request.
    recorder.take()
    const { answer } = await environment.invoke(event)
    const exchanges = recorder.take()
    if (route !== undefined) {
      taken.push({
        route,
        status: answer.statusCode,
        operations: exchanges.map(({ operation }) => operation),
        read: sum(exchanges.map(({ read }) => read)),
        write: sum(exchanges.map(({ write }) => write)),
      })
    }
    return JSON.parse(answer.body ?? '{}')
  }

  try {
    const { license } = await ask('generate', events.order(`${run}_plain`), 'generate')
    const paid = events.order(`${run}_paid`, { paymentIntentId: `pi_${run}` })
    await ask('generate', paid, 'generate, for a payment')
    await ask('generate', paid, 'generate, for the same payment again')
    await ask('verify', events.verification(license), 'verify')
    const again = events.verification(license)
    await ask('verify', again)
    await ask('verify', again, 'verify, by the same caller again')
    const unknown = license.replace(/-[0-9a-f]{12}-/, '-000000000000-')
    await ask('verify', events.verification(unknown), 'verify, of a key that was never issued')
    await ask('verify', events.verification('no key'), 'verify, of what is no key')
    await ask('devices', events.activation(license, 'device'), 'activate')
    const onDevice = { deviceId: 'device', nonce: 'a nonce of the client' }
    await ask('verify', events.verification(license, onDevice), 'verify, on a device and signed')

    const { subscribed, subscription, invoice, period } = aBuyer(run)
    const invoicePaid = (month: number) =>
      invoice('invoice.paid', 1, month, period(month), 'paid', {
        billing_reason: month === 0 ? 'subscription_create' : 'subscription_cycle',
      })
    const webhook = (event: Parameters<typeof events.delivery>[0], route?: string) =>
      ask('stripeWebhook', events.delivery(event), route && `webhook, ${route}`)
    const bought = subscribed(2)
    await webhook(bought, 'a subscription is bought')
    await webhook(bought, 'the same event again')
    await webhook(subscription('created', 0, period(0)), 'a subscription is created')
    await webhook(invoicePaid(0), 'its first invoice is paid')
    await webhook(invoicePaid(1), 'a renewal is paid')

    for (let made = 0; made < LISTED; made++)
      await ask('generate', events.order(`${run}_listed_${made}`))
    const limit = `${LISTED}`
    await ask('admin', events.list({ limit }), `admin, a page of ${LISTED} licenses`)
  } finally {
    await Promise.all([...started.values()].map((environment) => environment.stop()))
    await recorder.stop()
  }
  return taken
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
