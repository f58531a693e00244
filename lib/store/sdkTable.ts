import { BatchGetCommand, type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Table } from './table.ts'

/** A table, asked by the AWS SDK. */
export const createSdkTable = (client: DynamoDBDocumentClient, name: string): Table => ({
  name,

  async batchGet(keys) {
    const command = new BatchGetCommand({
      RequestItems: { [name]: { Keys: [...keys], ConsistentRead: true } },
    })
    const { Responses, UnprocessedKeys } = await client.send(command)
    return { items: Responses?.[name] ?? [], unprocessed: UnprocessedKeys?.[name]?.Keys ?? [] }
  },

  async update(update) {
    const command = new UpdateCommand({ ...update, TableName: name, ReturnValues: 'UPDATED_NEW' })
    return (await client.send(command)).Attributes ?? {}
  },
})
