import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { Unavailable } from '../license/index.ts'
import { type LicenseChanged, licenseChangeIn } from '../store/stream.ts'
import type { Runtime } from './runtime.ts'

type StreamHandler = (
  event: DynamoDBStreamEvent,
  context: Context,
) => Promise<DynamoDBBatchResponse>

/**
 * A function that is told of each change of a license by the table's stream, in the order in which one license was
 * changed, and again when it failed. What may pass is tried again from the record on that failed; what cannot succeed is
 * logged and counted, so that it does not keep the rest from being told.
 */
export function licenseStream(
  { log, metrics }: Pick<Runtime, 'log' | 'metrics'>,
  follow: (change: LicenseChanged) => Promise<void>,
): StreamHandler {
  return async ({ Records }) => {
    for (const record of Records) {
      try {
        const change = licenseChangeIn(record)
        if (change) await follow(change)
      } catch (error) {
        const itemIdentifier = record.dynamodb?.SequenceNumber ?? ''
        const { stack } = error as Error
        log.error('a change of a license could not be followed', { itemIdentifier, stack })
        if (error instanceof Unavailable) return { batchItemFailures: [{ itemIdentifier }] }
        metrics.count('StreamRecordFailed')
      }
    }
    return { batchItemFailures: [] }
  }
}
