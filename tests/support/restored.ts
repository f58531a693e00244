import { randomUUID } from 'node:crypto'
import { DeleteTableCommand, ResourceNotFoundException } from '@aws-sdk/client-dynamodb'
import { afterAll } from '@jest/globals'
import type { AdminRuntime } from '../../lib/lambda/runtime.ts'
import { createDynamoStore } from '../../lib/store/dynamodb.ts'
import { createOutbox } from '../../lib/store/outbox.ts'
import { createRevocationStore } from '../../lib/store/revocations.ts'
import { createSummaryStore } from '../../lib/store/summary.ts'
import { createTokenStore } from '../../lib/store/tokens.ts'
import { fillTable } from '../../scripts/backup/fill.ts'
import { localClient } from '../../scripts/local/dynamodb.ts'
import type { TableDefinition } from '../../scripts/local/service.ts'
import { aDocumentClient, aStoreTable, dynamoDbUrl } from './table.ts'

const named: string[] = []
afterAll(async () => {
  const client = localClient(dynamoDbUrl())
  for (const TableName of named) {
    await client.send(new DeleteTableCommand({ TableName })).catch((error: unknown) => {
      if (!(error instanceof ResourceNotFoundException)) throw error
    })
  }
})

/** The name of a table that there is not yet. */
export function aTableName(): string {
  const name = `test-${randomUUID()}`
  named.push(name)
  return name
}

/** Puts a backup into a table of DynamoDB Local. */
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

/** The same service on another table. */
export function onTable(runtime: AdminRuntime, table: string): AdminRuntime {
  const source = { client: aDocumentClient(), table }
  return {
    ...runtime,
    store: createDynamoStore(aStoreTable(table)),
    tokens: createTokenStore(aStoreTable(table)),
    outbox: createOutbox(source),
    revocations: createRevocationStore(source),
    summary: createSummaryStore(source),
  }
}
