/** A stage on this machine: DynamoDB Local, Secrets Manager, and the functions with their environment variables. */

import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createTable, type DynamoDb, localClient, startDynamoDb } from '../local/dynamodb.ts'
import { findJava } from '../local/java.ts'
import { startSecretsManager } from '../local/secretsManager.ts'
import { readService, type Service, variablesOf } from '../local/service.ts'

export const ADMIN_TOKEN = 'bench_admin_token'
export const WEBHOOK_SECRET = 'whsec_bench'

const SECRETS = {
  masterKeys: 'bench_master_key',
  pepper: 'bench_pepper',
  adminToken: ADMIN_TOKEN,
  signingKeys: 'bench_signing_key',
  stripe: JSON.stringify({ webhookSecrets: [WEBHOOK_SECRET] }),
} as const

export interface Stage {
  readonly service: Service
  readonly table: string
  readonly dynamoDb: DynamoDb
  readonly client: DynamoDBDocumentClient
  /**
   * Returns the environment variables of a function.
   *
   * @param dynamoDbUrl another URL of the database
   */
  variablesOf(name: string, dynamoDbUrl?: string): Record<string, string>
  stop(): Promise<void>
}

export async function startStage(): Promise<Stage> {
  const service = await readService()
  const { table, ...names } = service.custom.names
  const secrets = Object.entries(SECRETS).map(([name, value]) => [
    names[name as keyof typeof SECRETS],
    value,
  ])
  const [dynamoDb, secretsManager] = await Promise.all([
    // The default options favor a fast start, these a high throughput.
    findJava('.local').then((java) => startDynamoDb(java, { machine: [] })),
    startSecretsManager(Object.fromEntries(secrets)),
  ])
  const plain = localClient(dynamoDb.url)
  await createTable(plain, service.resources.Resources.Table.Properties)
  return {
    service,
    table,
    dynamoDb,
    client: DynamoDBDocumentClient.from(plain),
    variablesOf: (name, url = dynamoDb.url) => ({
      ...variablesOf(service, name),
      TABLE_NAME: table,
      AWS_ENDPOINT_URL_DYNAMODB: url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
    }),
    async stop() {
      plain.destroy()
      await Promise.all([dynamoDb.stop(), secretsManager.stop()])
    },
  }
}
