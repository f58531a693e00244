import type {
  Context,
  DynamoDBBatchResponse,
  DynamoDBRecord,
  DynamoDBStreamEvent,
} from 'aws-lambda'
import type { SecretName } from '../config.ts'
import { Problem } from '../http/problem.ts'
import { MasterKeyFault, Unavailable } from '../license/index.ts'
import type { Runtime } from './runtime.ts'
import { createSecretsLoader, type Secrets } from './secrets.ts'

type StreamHandler = (
  event: DynamoDBStreamEvent,
  context: Context,
) => Promise<DynamoDBBatchResponse>

/**
 * A function that the table's stream calls, with what `read` makes of a record: in the order in which one license was
 * changed, and again when it failed. What may pass is tried again from the record on that failed; what cannot succeed is
 * logged and counted, so that it does not keep the rest from being told.
 */
export function streamConsumer<Told, Name extends SecretName>(
  runtime: Runtime,
  names: readonly Name[],
  read: (record: DynamoDBRecord) => Told | undefined,
  follow: (told: Told, secrets: Pick<Secrets, Name>) => Promise<void>,
): StreamHandler {
  const { secretCache } = runtime
  const load = createSecretsLoader(runtime, names)
  return async ({ Records }) => {
    for (const record of Records) {
      try {
        const told = read(record)
        if (told !== undefined) await follow(told, await load())
      } catch (error) {
        const itemIdentifier = failed(runtime, record, error)
        if (error instanceof MasterKeyFault) secretCache.expire()
        if (isPassing(error)) return { batchItemFailures: [{ itemIdentifier }] }
      }
    }
    return { batchItemFailures: [] }
  }
}

/** Whoever works on a stream is told of what could not be followed for so long, though it may pass. */
const LATE_MS = 10 * 60 * 1000

/**
 * The same for what is followed best all at once, in any order, and can be mended if it is not. Where something of it cannot
 * succeed, the rest is followed one by one; what is late is given up, so that it does not keep what comes behind it in the
 * stream from whoever else follows that.
 */
export function batchConsumer<Told>(
  runtime: Runtime,
  read: (record: DynamoDBRecord) => Told | undefined,
  follow: (told: readonly Told[]) => Promise<void>,
): StreamHandler {
  /** Whether it is done, as far as it can be. */
  async function isDone(records: readonly DynamoDBRecord[]): Promise<boolean> {
    try {
      await follow(records.map(read).filter((told) => told !== undefined))
      return true
    } catch (error) {
      const [record] = records
      if (isPassing(error) || (record && records.length === 1)) {
        if (record) failed(runtime, record, error)
        return !isPassing(error) || isLate(runtime, record)
      }
      for (const one of records) {
        if (!(await isDone([one]))) return false
      }
      return true
    }
  }

  return async ({ Records }) => {
    const itemIdentifier = Records[0]?.dynamodb?.SequenceNumber ?? ''
    return { batchItemFailures: (await isDone(Records)) ? [] : [{ itemIdentifier }] }
  }
}

/** Tells of a record that could not be followed. Answers what it is known by. */
function failed(runtime: Runtime, record: DynamoDBRecord, error: unknown): string {
  const { log, metrics } = runtime
  const itemIdentifier = record.dynamodb?.SequenceNumber ?? ''
  const { stack } = error as Error
  log.error('a record of the stream could not be followed', { itemIdentifier, stack })
  // What is only asked for again is no error to Lambda, so nobody else would tell of it.
  if (!isPassing(error) || isLate(runtime, record)) metrics.count('StreamRecordFailed')
  return itemIdentifier
}

const isLate = ({ clock }: Runtime, record: DynamoDBRecord | undefined): boolean =>
  clock() - Number(record?.dynamodb?.ApproximateCreationDateTime) * 1000 > LATE_MS

/** A key ring that lacks a key is one that another function may see before this one does. */
const isPassing = (error: unknown) =>
  error instanceof Unavailable ||
  error instanceof MasterKeyFault ||
  (error instanceof Problem && error.code === 'UNAVAILABLE')
