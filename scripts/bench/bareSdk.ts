/** The baseline: one read by the DynamoDB client of the AWS SDK, and nothing else. */

import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'

const client = new DynamoDBClient({})

/** @param event the key of the item */
export async function handler({ pk = 'BARE', sk = 'BARE' }: { pk?: string; sk?: string }) {
  const command = new GetItemCommand({
    TableName: process.env['TABLE_NAME'],
    Key: { pk: { S: pk }, sk: { S: sk } },
    ConsistentRead: true,
  })
  const { Item = {} } = await client.send(command)
  return { statusCode: 200, body: JSON.stringify(Item) }
}
