import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBRecord } from 'aws-lambda'
import { LOCAL_CREDENTIALS, localClient } from '../../scripts/local/dynamodb.ts'
import { dynamoDbUrl } from './table.ts'

/** Returns every record of a table's stream, as JSON, which is how Lambda passes them to a function. */
export async function streamOf(TableName: string): Promise<DynamoDBRecord[]> {
  const url = dynamoDbUrl()
  const { Table } = await localClient(url).send(new DescribeTableCommand({ TableName }))
  const StreamArn = Table?.LatestStreamArn
  const streams = new DynamoDBStreamsClient({ endpoint: url, ...LOCAL_CREDENTIALS })
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
  const records = []
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    const { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    )
    let from = ShardIterator
    // A response has at most 1,000 records.
    while (from !== undefined) {
      const { Records = [], NextShardIterator } = await streams.send(
        new GetRecordsCommand({ ShardIterator: from }),
      )
      records.push(...Records)
      from = Records.length > 0 ? NextShardIterator : undefined
    }
  }
  return JSON.parse(JSON.stringify(records))
}
