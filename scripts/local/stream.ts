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
/** New shards are looked for every so many rounds. */
const LOOK_ROUNDS = 20

/** Calls a function with records of the stream, as AWS does for a function of that event. */
export type Invoke = (records: readonly DynamoDBRecord[]) => Promise<DynamoDBBatchResponse>

/**
 * Reads a table's stream from its beginning and hands it on, in order; what a function could not take it gets again. On
 * AWS this is Lambda's own work.
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
  /** The last record of each shard that was handed on. */
  const reached = new Map<string, string>()
  const stopping = new AbortController()

  async function look() {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
    for (const { ShardId = '' } of StreamDescription?.Shards ?? []) {
      if (iterators.has(ShardId)) continue
      const last = reached.get(ShardId)
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

  /** The rest of a batch from the record on that a function could not take. */
  async function handOn(records: readonly DynamoDBRecord[]) {
    let left = records
    while (left.length > 0) {
      const answer = await invoke(left).catch(() => undefined)
      const failed = answer?.batchItemFailures[0]?.itemIdentifier
      if (answer && failed === undefined) return
      const place = left.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed)
      left = left.slice(Math.max(place, 0))
      await pause()
    }
  }

  const pause = () => sleep(PAUSE_MS, undefined, { signal: stopping.signal })

  async function round() {
    await look()
    for (let times = 0; times < LOOK_ROUNDS; times++) {
      for (const [shard, ShardIterator] of iterators) {
        if (ShardIterator === undefined) continue
        const { Records = [], NextShardIterator } = await streams.send(
          new GetRecordsCommand({ ShardIterator }),
        )
        await handOn(Records as DynamoDBRecord[])
        const last = Records.at(-1)?.dynamodb?.SequenceNumber
        if (last !== undefined) reached.set(shard, last)
        iterators.set(shard, NextShardIterator)
      }
      await pause()
    }
  }

  /** Iterators run out while the machine sleeps: then it goes on after what was handed on last. */
  async function read() {
    while (!stopping.signal.aborted) {
      await round().catch(() => iterators.clear())
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
