/** The runtime of every function but verify, on the AWS SDK. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import {
  countedAs,
  type Env,
  mailConfigurationSet,
  mailFrom,
  stage,
  stripeApiBase,
  stripeLivemode,
  tableName,
} from '../config.ts'
import { createTable } from '../store/sdkTable.ts'
import { createStores } from '../store/stores.ts'
import { withIssuanceMetrics } from './metrics.ts'
import { type AdminRuntime, createCore, type Runtime } from './runtime.ts'
import { createUsage } from './usage.ts'

/**
 * Makes a call fail with `UNAVAILABLE` within seconds if an AWS service does not respond, well before the timeout of the
 * function. By default, the SDK waits without a limit.
 */
export const AWS_CLIENT_CONFIG = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 1500, throwOnRequestTimeout: true },
}

/** Returns a function that fetches the secret of a name. */
export const secretReader = (client: SecretsManagerClient) => (SecretId: string) =>
  client.send(new GetSecretValueCommand({ SecretId }))

/** @throws Error that names a missing environment variable */
export function createRuntime(env: Env): Runtime {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(AWS_CLIENT_CONFIG), {
    marshallOptions: { removeUndefinedValues: true },
  })
  const { core, table } = createCore(env, (metrics) => ({
    table: createTable(client, tableName(env), metrics.units),
    getSecret: secretReader(new SecretsManagerClient(AWS_CLIENT_CONFIG)),
  }))
  const stores = createStores(table)
  return {
    ...core,
    ...stores,
    store: withIssuanceMetrics(stores.store, core.metrics),
    stage: stage(env),
    mail: { from: mailFrom(env), configurationSet: mailConfigurationSet(env) },
    stripe: { livemode: stripeLivemode(env), apiBase: stripeApiBase(env) },
  }
}

/** Adds CloudWatch, which no other function bundles. */
export function createAdminRuntime(env: Env): AdminRuntime {
  const runtime = createRuntime(env)
  return {
    ...runtime,
    verifiesPerDay: createUsage(countedAs(env), AWS_CLIENT_CONFIG, runtime.log),
  }
}
