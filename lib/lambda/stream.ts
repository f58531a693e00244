import type {
  Context,
  DynamoDBBatchResponse,
  DynamoDBRecord,
  DynamoDBStreamEvent,
} from 'aws-lambda'
import { Problem } from '../http/problem.ts'
import { MasterKeyFault } from '../license/index.ts'
import { Unavailable } from '../license/store.ts'
import type { Runtime } from './runtime.ts'

type StreamHandler = (
  event: DynamoDBStreamEvent,
  context: Context,
) => Promise<DynamoDBBatchResponse>

/**
 * Returns a handler that processes the records of the table's stream in order, each at least once. After a temporary failure,
 * Lambda retries from the failed record on. A record that fails permanently is logged, counted and skipped, so that it does
 * not block the records behind it.
 *
 * @param parse returns undefined for a record to ignore
 */
export function streamConsumer<Message>(
  runtime: Runtime,
  parse: (record: DynamoDBRecord) => Message | undefined,
  process: (message: Message, context: never) => Promise<void>,
): StreamHandler {
  return async ({ Records }, context) => {
    for (const record of Records) {
      try {
        const message = parse(record)
        if (message !== undefined) await process(message, context as never)
      } catch (error) {
        const itemIdentifier = reportFailure(runtime, record, error)
        if (error instanceof MasterKeyFault) runtime.secretCache.expire()
        if (isTemporary(error)) return { batchItemFailures: [{ itemIdentifier }] }
      }
    }
    return { batchItemFailures: [] }
  }
}

/** The age from which a record that fails temporarily is counted as failed, and given up by `batchConsumer`. */
const LATE_MS = 10 * 60 * 1000

/**
 * Batch variant, for work that needs no order and can be repaired: processes all records at once, and one by one if the batch
 * fails permanently. Drops records older than 10 minutes that fail temporarily, so that they do not block other consumers of
 * the same batch.
 */
export function batchConsumer<Message>(
  runtime: Runtime,
  parse: (record: DynamoDBRecord) => Message | undefined,
  process: (messages: readonly Message[]) => Promise<void>,
): StreamHandler {
  /** Returns false if the records have to be retried. */
  async function consume(records: readonly DynamoDBRecord[]): Promise<boolean> {
    try {
      await process(records.map(parse).filter((message) => message !== undefined))
      return true
    } catch (error) {
      const [record] = records
      if (isTemporary(error) || (record && records.length === 1)) {
        if (record) reportFailure(runtime, record, error)
        return !isTemporary(error) || isLate(runtime, record)
      }
      for (const one of records) {
        if (!(await consume([one]))) return false
      }
      return true
    }
  }

  return async ({ Records }) => {
    const itemIdentifier = Records[0]?.dynamodb?.SequenceNumber ?? ''
    return { batchItemFailures: (await consume(Records)) ? [] : [{ itemIdentifier }] }
  }
}

/** Logs a failed record, counts it if it is lost or late, and returns its sequence number. */
function reportFailure(runtime: Runtime, record: DynamoDBRecord, error: unknown): string {
  const { log, metrics } = runtime
  const itemIdentifier = record.dynamodb?.SequenceNumber ?? ''
  const { stack } = error as Error
  log.error('stream record failed', { itemIdentifier, stack })
  // Lambda does not report partial batch failures as errors.
  if (!isTemporary(error) || isLate(runtime, record)) metrics.count('StreamRecordFailed')
  return itemIdentifier
}

const isLate = ({ clock }: Runtime, record: DynamoDBRecord | undefined): boolean =>
  clock() - Number(record?.dynamodb?.ApproximateCreationDateTime) * 1000 > LATE_MS

/** A missing master key is temporary: another function may have seen a newer key ring than this one. */
const isTemporary = (error: unknown) =>
  error instanceof Unavailable ||
  error instanceof MasterKeyFault ||
  (error instanceof Problem && error.code === 'UNAVAILABLE')
