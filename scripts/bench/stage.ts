/** A stage of the service on this machine: the real DynamoDB Local, secrets, and the variables of each function. */

import {
  DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/lib-dynamodb'
import { INDEXES } from '../../lib/store/item.ts'
import { createTable, type DynamoDb, localClient, startDynamoDb } from '../local/dynamodb.ts'
import { findJava } from '../local/java.ts'
import { startSecretsManager } from '../local/secretsManager.ts'
import { readService, type Service, variablesOf } from '../local/service.ts'

/** For this machine only, and gone with the measurement. */
const SECRETS = {
  masterKeys: 'bench_master_key',
  pepper: 'bench_pepper',
  adminToken: 'bench_admin_token',
  signingKeys: 'bench_signing_key',
  stripe: '{"webhookSecrets":["whsec_bench"]}',
} as const

export const ADMIN_TOKEN = SECRETS.adminToken
export const WEBHOOK_SECRET = 'whsec_bench'

export interface Stage {
  readonly service: Service
  readonly table: string
  readonly dynamoDb: DynamoDb
  readonly client: DynamoDBDocumentClient
  /** A function's variables, as Lambda would set them; with another address of the database, if there is one. */
  variablesOf(name: string, dynamoDbUrl?: string): Record<string, string>
  /** The licenses of a user. */
  find(userId: string): Promise<QueryCommandOutput>
  stop(): Promise<void>
}

/** Starts everything that the functions need. */
export async function startStage(): Promise<Stage> {
  const service = await readService()
  const { table, ...names } = service.custom.names
  const [dynamoDb, secretsManager] = await Promise.all([
    // It is asked for minutes, so it may take its time to become fast.
    findJava('.local').then((java) => startDynamoDb(java, { machine: [] })),
    startSecretsManager(
      Object.fromEntries(
        Object.entries(SECRETS).map(([name, value]) => [
          names[name as keyof typeof SECRETS],
          value,
        ]),
      ),
    ),
  ])
  const plain = localClient(dynamoDb.url)
  await createTable(plain, service.resources.Resources.Table.Properties)
  const client = DynamoDBDocumentClient.from(plain, {
    marshallOptions: { removeUndefinedValues: true },
  })
  return {
    service,
    table,
    dynamoDb,
    client,
    variablesOf(name, url = dynamoDb.url) {
      return {
        ...variablesOf(service, name),
        TABLE_NAME: table,
        AWS_ENDPOINT_URL_DYNAMODB: url,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      }
    },
    find: (userId) =>
      client.send(
        new QueryCommand({
          TableName: table,
          IndexName: INDEXES.userId.name,
          KeyConditionExpression: 'userId = :userId',
          ExpressionAttributeValues: { ':userId': userId },
        }),
      ),
    async stop() {
      plain.destroy()
      await Promise.all([dynamoDb.stop(), secretsManager.stop()])
    },
  }
}
