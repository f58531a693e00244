import {
  DescribeTableCommand,
  type DynamoDBClient,
  QueryCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb'
import { INDEXES, LISTED } from '../../lib/store/item.ts'

export async function hasTable(client: DynamoDBClient, TableName: string): Promise<boolean> {
  try {
    await client.send(new DescribeTableCommand({ TableName }))
    return true
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false
    throw error
  }
}

/** Returns true if a license was ever issued. */
export async function hasLicenses(client: DynamoDBClient, TableName: string): Promise<boolean> {
  const { name, hash } = INDEXES.creation
  const { Count = 0 } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: name,
      KeyConditionExpression: '#listed = :license',
      ExpressionAttributeNames: { '#listed': hash },
      ExpressionAttributeValues: { ':license': { S: LISTED.license } },
      Select: 'COUNT',
      Limit: 1,
    }),
  )
  return Count > 0
}
