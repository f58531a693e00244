import { randomUUID } from 'node:crypto'
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import { afterAll } from '@jest/globals'
import { createCall, DYNAMODB } from '../../lib/aws/call.ts'
import { createLookupTable } from '../../lib/store/lookupTable.ts'
import { createTable } from '../../lib/store/sdkTable.ts'
import type { Units } from '../../lib/store/table.ts'
import { createTable as createLocalTable, localClient } from '../../scripts/local/dynamodb.ts'
import type { TableDefinition } from '../../scripts/local/service.ts'

/** The environment variables of Lambda for the region and the credentials. */
export const LOCAL_ENV = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
}

/** Returns a value of the global setup. */
export const fromSetup = (name: string) => {
  const value = process.env[name]
  if (!value) throw new Error(`The global setup did not set ${name}`)
  return value
}

export const dynamoDbUrl = () => fromSetup('TEST_DYNAMODB_URL')

/** Creates a client of DynamoDB Local, configured as in the runtime. */
export const aDocumentClient = (endpoint = dynamoDbUrl()) =>
  DynamoDBDocumentClient.from(localClient(endpoint), {
    marshallOptions: { removeUndefinedValues: true },
  })

/** Creates a table on the SDK. */
export const aStoreTable = (
  name: string,
  endpoint = dynamoDbUrl(),
  onUnits?: (units: Units) => void,
) => createTable(aDocumentClient(endpoint), name, onUnits)

export const aCall = (endpoint = dynamoDbUrl()) =>
  createCall(DYNAMODB, { ...LOCAL_ENV, AWS_ENDPOINT_URL_DYNAMODB: endpoint })

/** Creates a table on the client of verify. */
export const aLookupTable = (name: string, endpoint?: string, onUnits?: (units: Units) => void) =>
  createLookupTable(aCall(endpoint), name, onUnits)

/** The tables to remove after the tests of a file. DynamoDB Local is slow with hundreds of tables. */
const created: string[] = []
afterAll(() => Promise.all(created.map(removeTable)))

/** Creates an empty table with the deployed definition, removed after the tests of the file. Returns its name. */
export async function aTable(): Promise<string> {
  const table = await makeTable()
  created.push(table)
  return table
}

/**
 * Creates an empty table with the deployed definition. Returns its name; the caller removes it.
 *
 * @param hasStream whether the table has a stream. Every record of every stream makes each later write of DynamoDB
 *   Local slower, threefold after four thousand, so only tests that read a stream ask for one.
 */
export async function makeTable({ hasStream = false } = {}): Promise<string> {
  const { StreamSpecification, ...definition } = JSON.parse(
    fromSetup('TEST_TABLE'),
  ) as TableDefinition
  const TableName = `test-${randomUUID()}`
  const removable = {
    ...definition,
    ...(hasStream && { StreamSpecification }),
    DeletionProtectionEnabled: false,
    TableName,
  }
  await createLocalTable(localClient(dynamoDbUrl()), removable)
  return TableName
}

export async function removeTable(TableName: string): Promise<void> {
  await localClient(dynamoDbUrl()).send(new DeleteTableCommand({ TableName }))
}

/** Returns all items of a table. */
export async function allItems(TableName: string): Promise<Record<string, unknown>[]> {
  const items = []
  for await (const { Items } of paginateScan({ client: aDocumentClient() }, { TableName })) {
    items.push(...(Items ?? []))
  }
  return items
}
