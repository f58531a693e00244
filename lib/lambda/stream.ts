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
  const { log, metrics, secretCache } = runtime
  const load = createSecretsLoader(runtime, names)
  return async ({ Records }) => {
    for (const record of Records) {
      try {
        const told = read(record)
        if (told !== undefined) await follow(told, await load())
      } catch (error) {
        const itemIdentifier = record.dynamodb?.SequenceNumber ?? ''
        const { stack } = error as Error
        log.error('a record of the stream could not be followed', { itemIdentifier, stack })
        if (error instanceof MasterKeyFault) secretCache.expire()
        if (isPassing(error)) return { batchItemFailures: [{ itemIdentifier }] }
        metrics.count('StreamRecordFailed')
      }
    }
    return { batchItemFailures: [] }
  }
}

/** A key ring that lacks a key is one that another function may see before this one does. */
const isPassing = (error: unknown) =>
  error instanceof Unavailable ||
  error instanceof MasterKeyFault ||
  (error instanceof Problem && error.code === 'UNAVAILABLE')
