import { TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { StoreUnavailable } from '../license/index.ts'

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '')

/** A request that DynamoDB calls wrong is a fault of the program; everything else may pass. */
export function unavailable(error: unknown): unknown {
  const wrong =
    error instanceof TransactionCanceledException
      ? error.CancellationReasons?.some(({ Code }) => Code === 'ValidationError')
      : nameOf(error) === 'ValidationException'
  return wrong ? error : new StoreUnavailable(error)
}

/** For a promise to catch with. */
export function throwUnavailable(error: unknown): never {
  throw unavailable(error)
}
