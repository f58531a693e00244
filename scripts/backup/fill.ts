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
import { checkBackup, filesOf, recordsIn } from './read.ts'
import { openTable } from './table.ts'

const AT_ONCE = 64

/**
 * What must not come back: whoever asked for lost keys would be mailed them once more, failures that were counted are of
 * another day, and how licenses stand is counted anew, of those that came back.
 */
const LEFT_OUT = new Set(['RECOVERY', 'TRIES', SUMMARY, COUNTED])

/** More than there can have been of revocations since the backup. */
const LIST_STEP = 1_000_000

interface Filling {
  readonly client: DynamoDBClient
  /** As serverless.yml has it, with the name of the table that is to be filled. */
  readonly definition: TableDefinition
  /** A file, or a folder that was downloaded from S3. */
  readonly from: string
  /** Goes on where it was stopped: what the table holds already stays as it is. */
  readonly isResumed: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

interface Filled {
  readonly written: Counts
  /** Were there already. */
  readonly kept: Counts
  readonly leftOut: Counts
}

/**
 * Puts the records of a backup into a table, and makes it if there is none. It writes over nothing, so that it can be
 * stopped and called again.
 *
 * @throws Error in a line, before anything is written, when the backup is spoilt or the table is in use
 */
export async function fillTable({
  client,
  definition,
  from,
  isResumed,
  now,
}: Filling): Promise<Filled> {
  const { TableName } = definition
  const files = filesOf(from)
  await checkBackup(files)
  const { isEmpty } = await openTable(client, definition)
  if (!isEmpty && !isResumed) {
    throw new Error(
      `${TableName} holds records already: name another table, or go on with --resume, which keeps them`,
    )
  }
  const filled: Filled = { written: new Map(), kept: new Map(), leftOut: new Map() }

  async function put(items: readonly RawItem[]) {
    const puts = await Promise.allSettled(
      items.map(async (item) => {
        const isWritten = await putNew(client, TableName, item)
        count(isWritten ? filled.written : filled.kept, item)
      }),
    )
    const failed = puts.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }

  async function pass(isWanted: (item: RawItem) => boolean, leftOut?: Counts) {
    let batch: RawItem[] = []
    for (const file of files) {
      for await (const item of recordsIn(file)) {
        if (isLeftOut(item, now)) {
          if (leftOut) count(leftOut, item)
          continue
        }
        if (!isWanted(item)) continue
        batch.push(item)
        if (batch.length < AT_ONCE) continue
        await put(batch)
        batch = []
      }
    }
    await put(batch)
  }

  await pass((item) => !isNotice(item), filled.leftOut)
  // Each is followed by a mail if it was not sent yet, which needs its license and what is known of the address.
  await pass(isNotice)
  return filled
}

const isNotice = ({ sk }: RawItem) => `${sk?.S}`.startsWith(OUTBOX)

function isLeftOut(item: RawItem, now: number): boolean {
  const seconds = item[TTL_ATTRIBUTE]?.N
  return LEFT_OUT.has(kindOf(item)) || (seconds !== undefined && Number(seconds) * 1000 <= now)
}

/** @returns whether it was written: a record that is there is newer, and stays */
async function putNew(client: DynamoDBClient, TableName: string, item: RawItem): Promise<boolean> {
  try {
    await client.send(new PutItemCommand({ TableName, ...newItem(item) }))
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

const ABSENT = 'attribute_not_exists(pk)'

/**
 * Clients believe no list of revocations with a smaller number than one that they saw, so the number goes on far above
 * all that was given since the backup.
 */
function newItem(item: RawItem): Omit<PutItemCommandInput, 'TableName'> {
  const { pk, sk, number } = item
  if (pk?.S !== COUNT_KEY.pk || sk?.S !== COUNT_KEY.sk) {
    return { Item: item, ConditionExpression: ABSENT }
  }
  const lifted = { N: `${Number(number?.N) + LIST_STEP}` }
  return {
    Item: { ...item, number: lifted },
    ConditionExpression: `${ABSENT} OR #number < :number`,
    ExpressionAttributeNames: { '#number': 'number' },
    ExpressionAttributeValues: { ':number': lifted },
  }
}
