import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import type { Table } from './table.ts'

/** A table, asked by the AWS SDK. */
export const createSdkTable = (client: DynamoDBDocumentClient, name: string): Table => ({
  name,

  async get(key) {
    const command = new GetCommand({ TableName: name, Key: key, ConsistentRead: true })
    return (await client.send(command)).Item
  },

  async batchGet(keys) {
    const command = new BatchGetCommand({
      RequestItems: { [name]: { Keys: [...keys], ConsistentRead: true } },
    })
    const { Responses, UnprocessedKeys } = await client.send(command)
    return { items: Responses?.[name] ?? [], unprocessed: UnprocessedKeys?.[name]?.Keys ?? [] }
  },

  async query(query) {
    const command = new QueryCommand({ ...query, TableName: name })
    const { Items = [], LastEvaluatedKey: next } = await client.send(command)
    return { items: Items, ...(next && { next }) }
  },

  async put(put) {
    await client.send(new PutCommand({ ...put, TableName: name }))
  },

  async update(update) {
    const command = new UpdateCommand({ ...update, TableName: name })
    return (await client.send(command)).Attributes ?? {}
  },

  async transact(writes) {
    await client.send(new TransactWriteCommand({ TransactItems: [...writes] }))
  },
})
