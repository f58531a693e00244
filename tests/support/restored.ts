import { randomUUID } from 'node:crypto'
import { DeleteTableCommand, ResourceNotFoundException } from '@aws-sdk/client-dynamodb'
import { afterAll } from '@jest/globals'
import type { AdminRuntime } from '../../lib/lambda/runtime.ts'
import { createStores } from '../../lib/store/stores.ts'
import { fillTable } from '../../scripts/backup/fill.ts'
import { localClient } from '../../scripts/local/dynamodb.ts'
import type { TableDefinition } from '../../scripts/local/service.ts'
import { aStoreTable, dynamoDbUrl } from './table.ts'

const created: string[] = []
afterAll(async () => {
  const client = localClient(dynamoDbUrl())
  for (const TableName of created) {
    await client.send(new DeleteTableCommand({ TableName })).catch((error: unknown) => {
      if (!(error instanceof ResourceNotFoundException)) throw error
    })
  }
})

/** Returns the name of a table that does not exist. The table is deleted after the tests of the file. */
export function aTableName(): string {
  const name = `test-${randomUUID()}`
  created.push(name)
  return name
}

/** Restores a backup to a table of DynamoDB Local. */
export const fill = (
  TableName: string,
  from: string,
  {
    now,
    isResumed = false,
    client = localClient(dynamoDbUrl()),
  }: { now: number; isResumed?: boolean; client?: ReturnType<typeof localClient> },
) => {
  const definition = JSON.parse(`${process.env['TEST_TABLE']}`) as TableDefinition
  const removable = { ...definition, DeletionProtectionEnabled: false, TableName }
  return fillTable({ client, definition: removable, from, isResumed, now })
}

/** Returns the runtime on another table. */
export const onTable = (runtime: AdminRuntime, table: string): AdminRuntime => {
  const { store, tokens, outbox, revocations, summary } = createStores(aStoreTable(table))
  return { ...runtime, store, tokens, outbox, revocations, summary }
}
