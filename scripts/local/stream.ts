import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import { LOCAL_CREDENTIALS } from './dynamodb.ts'
import type { Server } from './server.ts'

const PAUSE_MS = 250
/** Rounds between two searches for new shards. */
const ROUNDS_PER_SEARCH = 20

/** Invokes a function with records of the stream. */
export type Invoke = (records: readonly DynamoDBRecord[]) => Promise<DynamoDBBatchResponse>

/**
 * Reads a table's stream from its beginning and invokes a function with the records in order. Repeats failed records, as
 * Lambda does on AWS.
 */
export async function followStream(
  client: DynamoDBClient,
  url: string,
  table: string,
  invoke: Invoke,
): Promise<Server> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }))
  const StreamArn = Table?.LatestStreamArn
  const streams = new DynamoDBStreamsClient({ endpoint: url, ...LOCAL_CREDENTIALS })
  const iterators = new Map<string, string | undefined>()
  /** Sequence number of the last delivered record of each shard. */
  const delivered = new Map<string, string>()
  const stopping = new AbortController()

  async function findShards() {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
    for (const { ShardId = '' } of StreamDescription?.Shards ?? []) {
      if (iterators.has(ShardId)) continue
      const last = delivered.get(ShardId)
      const from =
        last === undefined
          ? ({ ShardIteratorType: 'TRIM_HORIZON' } as const)
          : ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: last } as const)
      const { ShardIterator } = await streams.send(
        new GetShardIteratorCommand({ StreamArn, ShardId, ...from }),
      )
      iterators.set(ShardId, ShardIterator)
    }
  }

  /** Delivers a batch. Repeats it from the first record that failed. */
  async function deliver(records: readonly DynamoDBRecord[]) {
    let remaining = records
    while (remaining.length > 0) {
      const response = await invoke(remaining).catch(() => undefined)
      const failed = response?.batchItemFailures[0]?.itemIdentifier
      if (response && failed === undefined) return
      const index = remaining.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed)
      remaining = remaining.slice(Math.max(index, 0))
      await pause()
    }
  }

  const pause = () => sleep(PAUSE_MS, undefined, { signal: stopping.signal })

  async function readRecords() {
    await findShards()
    for (let round = 0; round < ROUNDS_PER_SEARCH; round++) {
      for (const [shard, ShardIterator] of iterators) {
        if (ShardIterator === undefined) continue
        const { Records = [], NextShardIterator } = await streams.send(
          new GetRecordsCommand({ ShardIterator }),
        )
        await deliver(Records as DynamoDBRecord[])
        const last = Records.at(-1)?.dynamodb?.SequenceNumber
        if (last !== undefined) delivered.set(shard, last)
        iterators.set(shard, NextShardIterator)
      }
      await pause()
    }
  }

  /** Reads until stopped. Iterators expire while the machine sleeps, so failures continue after the last delivered record. */
  async function read() {
    while (!stopping.signal.aborted) {
      await readRecords().catch(() => iterators.clear())
      await sleep(PAUSE_MS)
    }
  }

  const exited = read()
  return {
    url,
    exited,
    async stop() {
      stopping.abort()
      await exited
      streams.destroy()
    },
  }
}
