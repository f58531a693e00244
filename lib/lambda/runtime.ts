/** The composition root: the only place that makes clients and reads the clock. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import { catalog } from '../catalog/catalog.ts'
import type { Catalog } from '../catalog/schema.ts'
import {
  corsOrigins,
  type Env,
  mailConfigurationSet,
  mailFrom,
  type SecretName,
  secretIds,
  serviceName,
  stage,
  stripeApiBase,
  stripeLivemode,
  tableName,
} from '../config.ts'
import { meter } from '../store/meter.ts'
import { createStores, type Stores } from '../store/stores.ts'
import { counted } from './counted.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createSecretCache, type SecretCache } from './secretCache.ts'

export interface Runtime extends Stores {
  /** The name of this deployment, which its tokens carry. */
  readonly stage: string
  readonly catalog: Catalog
  readonly secretCache: SecretCache
  readonly secretIds: Partial<Record<SecretName, string>>
  readonly corsOrigins: readonly string[]
  readonly log: Log
  readonly metrics: Metrics
  readonly mail: {
    /** An address that SES may send from; nothing is sent without one. */
    readonly from: string | undefined
    readonly configurationSet: string | undefined
  }
  readonly stripe: {
    /** Whether this stage sells for real money. */
    readonly livemode: boolean
    /** Where Stripe is, if not at its own address. */
    readonly apiBase: string | undefined
  }
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Opens connections and fetches secrets before the first request. Never rejects. */
  readonly prime: () => Promise<void>
}

/**
 * With these, an AWS service that does not answer is given up on within seconds, well before the function's own
 * timeout, so that the caller hears `UNAVAILABLE`. The SDK's defaults wait for ever.
 */
export const BOUNDED = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 1500, throwOnRequestTimeout: true },
}

/** Asks Secrets Manager for the secret of a name. */
export const askBySdk = (client: SecretsManagerClient) => (SecretId: string) =>
  client.send(new GetSecretValueCommand({ SecretId }))

/** @throws Error that names a variable of the environment which is missing. */
export function createRuntime(env: Env): Runtime {
  const table = tableName(env)
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(BOUNDED), {
    marshallOptions: { removeUndefinedValues: true },
  })
  const metrics = createMetrics(serviceName(env))
  meter(client, metrics.units)
  const stores = createStores({ client, table })
  const ids = secretIds(env)
  const askForSecret = askBySdk(new SecretsManagerClient(BOUNDED))
  const secretCache = createSecretCache(askForSecret, Date.now, ids.olderMasterKeys)

  return {
    ...stores,
    store: counted(stores.store, metrics),
    stage: stage(env),
    catalog,
    secretCache,
    secretIds: ids,
    corsOrigins: corsOrigins(env),
    log: createLog(),
    metrics,
    mail: { from: mailFrom(env), configurationSet: mailConfigurationSet(env) },
    stripe: { livemode: stripeLivemode(env), apiBase: stripeApiBase(env) },
    clock: Date.now,
    async prime() {
      const nothing = new GetCommand({ TableName: table, Key: { pk: 'PRIME', sk: 'PRIME' } })
      await Promise.allSettled([client.send(nothing), secretCache.prime(Object.values(ids))])
    },
  }
}
