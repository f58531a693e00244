/**
 * The composition root, together with sdkRuntime.ts and verifyRuntime.ts: the only place that creates clients and reads the
 * clock. Each of the two adds one AWS client, so that a bundle contains only the client it uses.
 */

import { catalog } from '../catalog/catalog.ts'
import type { Catalog } from '../catalog/schema.ts'
import { corsOrigins, type Env, type SecretName, secretIds, serviceName } from '../config.ts'
import type { LookupStores, Stores } from '../store/stores.ts'
import type { LookupTable } from '../store/table.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createSecretCache, type SecretCache, type SecretValue } from './secretCache.ts'
import type { VerifiesPerDay } from './usage.ts'

/** The parts of every runtime. */
export interface CoreRuntime {
  readonly catalog: Catalog
  readonly secretCache: SecretCache
  readonly secretIds: Partial<Record<SecretName, string>>
  readonly corsOrigins: readonly string[]
  readonly log: Log
  readonly metrics: Metrics
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Opens connections and fetches secrets before the first request. Never rejects. */
  readonly prime: () => Promise<void>
}

export interface VerifyRuntime extends CoreRuntime, LookupStores {}

export interface Runtime extends CoreRuntime, Stores {
  /** The name of this deployment, which is part of its tokens. */
  readonly stage: string
  readonly mail: {
    /** An address that SES may send from; without one, no email is sent. */
    readonly from: string | undefined
    readonly configurationSet: string | undefined
  }
  readonly stripe: {
    /** True if this stage accepts events of Stripe's live mode. */
    readonly livemode: boolean
    /** The address of Stripe's API, if not the default. */
    readonly apiBase: string | undefined
  }
}

export interface AdminRuntime extends Runtime {
  readonly verifiesPerDay: VerifiesPerDay
}

/** AWS as a runtime needs it, through the SDK or through the client of verify. */
export interface AwsClients<T extends LookupTable> {
  readonly table: T
  readonly getSecret: (id: string) => Promise<SecretValue>
}

/** @throws Error that names a missing environment variable */
export function createCore<T extends LookupTable>(
  env: Env,
  createClients: (metrics: Metrics) => AwsClients<T>,
): { readonly core: CoreRuntime; readonly table: T } {
  const metrics = createMetrics(serviceName(env))
  const { table, getSecret } = createClients(metrics)
  const ids = secretIds(env)
  const secretCache = createSecretCache(getSecret, Date.now, ids.olderMasterKeys)
  const core = {
    catalog,
    secretCache,
    secretIds: ids,
    corsOrigins: corsOrigins(env),
    log: createLog(),
    metrics,
    clock: Date.now,
    async prime() {
      const missing = table.read([{ pk: 'PRIME', sk: 'PRIME' }])
      await Promise.allSettled([missing, secretCache.prime(Object.values(ids))])
    },
  }
  return { core, table }
}
