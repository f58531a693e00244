/**
 * The composition root of the function that is asked most. It has no AWS SDK: that alone takes most of the time which a
 * function needs to start, and verifying asks two things of DynamoDB and one of Secrets Manager.
 */

import { createCall, DYNAMODB, SECRETS_MANAGER } from '../aws/call.ts'
import { catalog } from '../catalog/catalog.ts'
import { corsOrigins, type Env, secretIds, tableName } from '../config.ts'
import { createLeanStores, type LeanStores } from '../store/leanStores.ts'
import { createWireTable } from '../store/wireTable.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Runtime } from './runtime.ts'
import { createSecretCache, type SecretValue } from './secretCache.ts'

export type LeanRuntime = LeanStores &
  Pick<
    Runtime,
    'catalog' | 'clock' | 'corsOrigins' | 'log' | 'metrics' | 'prime' | 'secretCache' | 'secretIds'
  >

/** @throws Error that names a variable of the environment which is missing. */
export function createLeanRuntime(env: Env): LeanRuntime {
  const metrics = createMetrics()
  const table = createWireTable(createCall(DYNAMODB, env), tableName(env), metrics.units)
  const askForSecret = createCall(SECRETS_MANAGER, env)
  const ids = secretIds(env)
  const secretCache = createSecretCache(
    async (SecretId) => (await askForSecret('GetSecretValue', { SecretId })) as SecretValue,
    Date.now,
  )
  return {
    ...createLeanStores(table),
    catalog,
    secretCache,
    secretIds: ids,
    corsOrigins: corsOrigins(env),
    log: createLog(),
    metrics,
    clock: Date.now,
    async prime() {
      const nothing = [{ pk: 'PRIME', sk: 'PRIME' }]
      await Promise.allSettled([table.batchGet(nothing), secretCache.prime(Object.values(ids))])
    },
  }
}
