/** The capacity units of DynamoDB that each route consumes, measured with the packaged functions. */

import { createLambda, type Lambda } from '../local/lambda.ts'
import type { Bundles } from './bundles.ts'
import { startCapacityProxy } from './capacityProxy.ts'
import {
  createBuyer,
  createEvent,
  toActivate,
  toDeliver,
  toGenerate,
  toList,
  toVerify,
} from './events.ts'
import type { Stage } from './stage.ts'

/** The consumption of one request. */
export interface Consumption {
  readonly route: string
  readonly status: number
  /** The operations of DynamoDB, in order. */
  readonly operations: readonly string[]
  readonly read: number
  readonly write: number
}

const LISTED = 50
const TIMEOUT_SECONDS = 60

/** Starts a function without logs and metrics, and waits until it has prepared its connections. */
export async function startFunction(
  stage: Stage,
  bundles: Bundles,
  name: string,
  dynamoDbUrl?: string,
): Promise<Lambda> {
  const lambda = createLambda({
    name,
    bundle: bundles.find(name).file,
    variables: {
      ...stage.variablesOf(name, dynamoDbUrl),
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      POWERTOOLS_METRICS_DISABLED: 'true',
    },
    memorySize: stage.service.provider.memorySize,
    timeoutSeconds: TIMEOUT_SECONDS,
  })
  // No route matches this event, so it reads nothing.
  await lambda.invoke(createEvent('/', {})).catch(() => {})
  return lambda
}

/** Calls each route once, one after the other. */
export async function measureUnits(
  stage: Stage,
  bundles: Bundles,
): Promise<readonly Consumption[]> {
  const proxy = await startCapacityProxy(stage)
  const lambdas = new Map<string, Lambda>()
  const measured: Consumption[] = []

  async function open(name: string): Promise<Lambda> {
    const lambda = lambdas.get(name) ?? (await startFunction(stage, bundles, name, proxy.url))
    lambdas.set(name, lambda)
    return lambda
  }

  /** Calls a function, and records the consumption if the route has a name. */
  async function call(name: string, event: object, route?: string) {
    const lambda = await open(name)
    proxy.take()
    const { statusCode, body } = (await lambda.invoke(event)) as {
      statusCode: number
      body?: string
    }
    const exchanges = proxy.take()
    if (route !== undefined) {
      measured.push({
        route,
        status: statusCode,
        operations: exchanges.map(({ operation }) => operation),
        read: exchanges.reduce((total, { read }) => total + read, 0),
        write: exchanges.reduce((total, { write }) => total + write, 0),
      })
    }
    return JSON.parse(body ?? '{}')
  }

  try {
    const { license } = await call('generate', toGenerate('plain'), 'generate')
    const paid = toGenerate('paid', { paymentIntentId: 'pi_units' })
    await call('generate', paid, 'generate, for a payment')
    await call('generate', paid, 'generate, for the same payment again')
    await call('verify', toVerify(license), 'verify')
    const repeated = toVerify(license)
    await call('verify', repeated)
    await call('verify', repeated, 'verify, by the same caller again')
    const unknown = license.replace(/-[0-9a-f]{12}-/, '-000000000000-')
    await call('verify', toVerify(unknown), 'verify, of an unknown key')
    await call('verify', toVerify('no key'), 'verify, of an invalid format')
    await call('devices', toActivate(license, 'device'), 'activate')
    const lease = { deviceId: 'device', nonce: 'a nonce of the client' }
    await call('verify', toVerify(license, lease), 'verify, with a lease')

    const { subscribed, subscription, invoice, period } = createBuyer('buyer')
    const invoicePaid = (month: number) =>
      invoice('paid', 1, month, period(month), 'paid', {
        billing_reason: month === 0 ? 'subscription_create' : 'subscription_cycle',
      })
    const bought = subscribed(2)
    for (const [event, route] of [
      [bought, 'a subscription is bought'],
      [bought, 'the same event again'],
      [subscription('created', 0, period(0)), 'a subscription is created'],
      [invoicePaid(0), 'its first invoice is paid'],
      [invoicePaid(1), 'a renewal is paid'],
    ] as const) {
      await call('stripeWebhook', toDeliver(event), `webhook, ${route}`)
    }

    for (let index = 0; index < LISTED; index++) await call('generate', toGenerate(`user_${index}`))
    await call('admin', toList({ limit: `${LISTED}` }), `admin, a page of ${LISTED} licenses`)
  } finally {
    await Promise.all([...lambdas.values()].map((lambda) => lambda.stop()))
    await proxy.stop()
  }
  return measured
}
