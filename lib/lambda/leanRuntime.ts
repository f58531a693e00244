/**
 * The composition root of the functions that customers wait for. They have no AWS SDK: that alone takes most of the time
 * which a function needs to start, and they ask a few things of DynamoDB and one of Secrets Manager.
 */

import { createCall, DYNAMODB, SECRETS_MANAGER } from '../aws/call.ts'
import { catalog } from '../catalog/catalog.ts'
import { corsOrigins, type Env, secretIds, serviceName, tableName } from '../config.ts'
import type { Table } from '../store/table.ts'
import { createWireTable } from '../store/wireTable.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Runtime } from './runtime.ts'
import { createSecretCache, type SecretValue } from './secretCache.ts'

type LeanRuntime = Pick<
  Runtime,
  'catalog' | 'clock' | 'corsOrigins' | 'log' | 'metrics' | 'prime' | 'secretCache' | 'secretIds'
>

/**
 * @param createStores makes what the function needs of the table: what it does not need, its bundle does not have
 * @throws Error that names a variable of the environment which is missing
 */
export function createLeanRuntime<Stores>(
  env: Env,
  createStores: (table: Table) => Stores,
): LeanRuntime & Stores {
  const metrics = createMetrics(serviceName(env))
  const table = createWireTable(createCall(DYNAMODB, env), tableName(env), metrics.units)
  const askForSecret = createCall(SECRETS_MANAGER, env)
  const ids = secretIds(env)
  const secretCache = createSecretCache(
    async (SecretId) => (await askForSecret('GetSecretValue', { SecretId })) as SecretValue,
    Date.now,
    ids.olderMasterKeys,
  )
  return {
    ...createStores(table),
    catalog,
    secretCache,
    secretIds: ids,
    corsOrigins: corsOrigins(env),
    log: createLog(),
    metrics,
    clock: Date.now,
    async prime() {
      const nothing = table.get({ pk: 'PRIME', sk: 'PRIME' })
      await Promise.allSettled([nothing, secretCache.prime(Object.values(ids))])
    },
  }
}
