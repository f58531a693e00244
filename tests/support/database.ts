import { startDynamoDb } from '../../scripts/local/dynamodb.ts'
import { findJava } from '../../scripts/local/java.ts'
import type { Server } from '../../scripts/local/server.ts'

/**
 * A DynamoDB Local for one file of tests, from then on: one that writes a lot would make the one that all share slow for
 * everybody after it, since what was deleted stays in its memory. To be stopped after everything else.
 */
export async function anOwnDatabase(): Promise<Server> {
  const database = await startDynamoDb(await findJava('.local'))
  process.env['TEST_DYNAMODB_URL'] = database.url
  return database
}
