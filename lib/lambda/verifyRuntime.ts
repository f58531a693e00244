/** The runtime of verify, without the AWS SDK: docs/adr/0003-aws-client-of-verify.md. */

import { createCall, DYNAMODB, SECRETS_MANAGER } from '../aws/call.ts'
import { type Env, tableName } from '../config.ts'
import { createLookupTable } from '../store/lookupTable.ts'
import { createLookupStores } from '../store/stores.ts'
import { createCore, type VerifyRuntime } from './runtime.ts'
import type { SecretValue } from './secretCache.ts'

/** @throws Error that names a missing environment variable */
export function createVerifyRuntime(env: Env): VerifyRuntime {
  const callSecretsManager = createCall(SECRETS_MANAGER, env)
  const { core, table } = createCore(env, (metrics) => ({
    table: createLookupTable(createCall(DYNAMODB, env), tableName(env), metrics.units),
    getSecret: async (SecretId) =>
      (await callSecretsManager('GetSecretValue', { SecretId })) as SecretValue,
  }))
  return { ...core, ...createLookupStores(table) }
}
