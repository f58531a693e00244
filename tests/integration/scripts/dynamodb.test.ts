import { randomUUID } from 'node:crypto'
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createDynamoStore } from '../../../lib/store/dynamodb.ts'
import { toLicenseItem } from '../../../lib/store/item.ts'
import { createTable, localClient, startDynamoDb } from '../../../scripts/local/dynamodb.ts'
import { findJava } from '../../../scripts/local/java.ts'
import type { Server } from '../../../scripts/local/server.ts'
import type { TableDefinition } from '../../../scripts/local/service.ts'
import { aLicense } from '../../support/licenses.ts'
import { aStoreTable } from '../../support/table.ts'

// A separate database: building an index is slow in the one that all tests share.
let dynamoDb: Server
beforeAll(async () => {
  dynamoDb = await startDynamoDb(await findJava('.local'))
})
afterAll(() => dynamoDb.stop())

it('adds missing indexes to a table of an earlier version, and keeps its items', async () => {
  const client = localClient(dynamoDb.url)
  const whole = JSON.parse(`${process.env['TEST_TABLE']}`) as TableDefinition
  const TableName = `test-${randomUUID()}`
  const names = whole.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName)
  const keys = (index: TableDefinition['GlobalSecondaryIndexes'][number]) =>
    (index.KeySchema ?? []).map(({ AttributeName }) => AttributeName)
  const [first] = whole.GlobalSecondaryIndexes
  if (!first) throw new Error('There is no index')
  const used = new Set(['pk', 'sk', ...keys(first)])
  await createTable(client, {
    ...whole,
    TableName,
    GlobalSecondaryIndexes: [first],
    AttributeDefinitions: whole.AttributeDefinitions?.filter(({ AttributeName }) =>
      used.has(AttributeName),
    ),
  })
  // As the first version stored it: null for a missing user, and without `listed`.
  const license = aLicense({ userId: null, userEmail: null })
  const { listed: _, keyId: __, seats: ___, ...item } = toLicenseItem(license)
  const Item = { ...item, userId: null, userEmail: null }
  await DynamoDBDocumentClient.from(client).send(new PutCommand({ TableName, Item }))
  const unmatched = {
    pk: 'PURCHASE#1',
    sk: 'PURCHASE',
    userId: null,
    tier: null,
    reason: 'TIER_MISSING',
  }
  await DynamoDBDocumentClient.from(client).send(new PutCommand({ TableName, Item: unmatched }))
  // DynamoDB Local sometimes fails like this while it builds an index.
  const failing = localClient(dynamoDb.url)
  let describes = 0
  failing.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'DescribeTableCommand' && ++describes % 2 === 0) {
          throw Object.assign(new Error('InternalFailure'), { $metadata: { httpStatusCode: 500 } })
        }
        return next(args)
      },
    { step: 'initialize' },
  )
  await createTable(failing, { ...whole, TableName })
  expect(describes).toBeGreaterThan(2)
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).toSorted()).toEqual(
    names.toSorted(),
  )
  const store = createDynamoStore(aStoreTable(TableName, dynamoDb.url))
  const [found] = await store.list({ by: 'creation' }, 9)
  expect(found?.license).toEqual(license)
})
