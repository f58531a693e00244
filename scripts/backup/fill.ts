import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { OUTBOX, TTL_ATTRIBUTE } from '../../lib/store/item.ts'
import { COUNT_KEY } from '../../lib/store/revocations.ts'
import { COUNTED, SUMMARY } from '../../lib/store/summary.ts'
import type { TableDefinition } from '../local/service.ts'
import { type Counts, count, kindOf, type RawItem } from './counts.ts'
import { checkBackup, listFiles, readRecords } from './read.ts'
import { openTable } from './table.ts'

const CONCURRENCY = 64

/** Restored requests for lost keys would send emails again, rate limits are outdated, and counters are rebuilt. */
const LEFT_OUT = new Set(['RECOVERY', 'TRIES', SUMMARY, COUNTED])

/** More than the number of revocations that can have been added since the backup. */
const LIST_STEP = 1_000_000

interface FillOptions {
  readonly client: DynamoDBClient
  /** The table in serverless.yml, with the name of the table to fill. */
  readonly definition: TableDefinition
  /** A file, or a folder that was downloaded from S3. */
  readonly from: string
  /** Allows a table with records, which stay unchanged. */
  readonly isResumed: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

interface Filled {
  readonly written: Counts
  /** Records that existed. */
  readonly kept: Counts
  readonly leftOut: Counts
}

/**
 * Writes the records of a backup to a table, which it creates if necessary. Overwrites nothing, so it can be interrupted
 * and repeated.
 *
 * @throws Error, before it writes anything, if the backup is damaged or the table contains records
 */
export async function fillTable({
  client,
  definition,
  from,
  isResumed,
  now,
}: FillOptions): Promise<Filled> {
  const { TableName } = definition
  const files = listFiles(from)
  await checkBackup(files)
  const isEmpty = await openTable(client, definition)
  if (!isEmpty && !isResumed) {
    throw new Error(
      `${TableName} contains records: name another table, or continue with --resume, which keeps them`,
    )
  }
  const filled: Filled = { written: new Map(), kept: new Map(), leftOut: new Map() }

  async function put(items: readonly RawItem[]) {
    const results = await Promise.allSettled(
      items.map(async (item) => {
        const isWritten = await putIfNewer(client, TableName, item)
        count(isWritten ? filled.written : filled.kept, item)
      }),
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }

  async function putAll(records: AsyncIterable<RawItem>) {
    let batch: RawItem[] = []
    for await (const item of records) {
      batch.push(item)
      if (batch.length < CONCURRENCY) continue
      await put(batch)
      batch = []
    }
    await put(batch)
  }

  async function* select(isNoticePass: boolean) {
    for (const file of files) {
      for await (const item of readRecords(file)) {
        if (isNotice(item) !== isNoticePass) continue
        if (isLeftOut(item, now)) count(filled.leftOut, item)
        else yield item
      }
    }
  }

  await putAll(select(false))
  // The stream sends an email for each notice that was not sent, for which it needs the license and the address.
  await putAll(select(true))
  return filled
}

const isNotice = ({ sk }: RawItem) => `${sk?.S}`.startsWith(OUTBOX)

function isLeftOut(item: RawItem, now: number): boolean {
  const expiry = item[TTL_ATTRIBUTE]?.N
  return LEFT_OUT.has(kindOf(item)) || (expiry !== undefined && Number(expiry) * 1000 <= now)
}

/** Writes a record and returns true, unless the table has a newer one. */
async function putIfNewer(client: DynamoDBClient, TableName: string, item: RawItem) {
  try {
    await client.send(new PutItemCommand({ TableName, ...toPut(item) }))
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

const ABSENT = 'attribute_not_exists(pk)'

/**
 * Clients reject a list of revocations with a smaller number than they saw before. The number therefore continues far
 * above all that were published since the backup.
 */
function toPut(item: RawItem): Omit<PutItemCommandInput, 'TableName'> {
  const { pk, sk, number } = item
  if (pk?.S !== COUNT_KEY.pk || sk?.S !== COUNT_KEY.sk) {
    return { Item: item, ConditionExpression: ABSENT }
  }
  const raised = { N: `${Number(number?.N) + LIST_STEP}` }
  return {
    Item: { ...item, number: raised },
    ConditionExpression: `${ABSENT} OR #number < :number`,
    ExpressionAttributeNames: { '#number': 'number' },
    ExpressionAttributeValues: { ':number': raised },
  }
}
