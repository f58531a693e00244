import { StoreUnavailable } from '../license/index.ts'
import { cancellationOf } from './table.ts'

/** A request that DynamoDB calls wrong is a fault of the program; everything else may pass. By name: two clients say it. */
export function unavailable(error: unknown): unknown {
  const isWrong =
    (error as { readonly name?: string }).name === 'ValidationException' ||
    cancellationOf(error)?.some(({ Code }) => Code === 'ValidationError')
  return isWrong ? error : new StoreUnavailable(error)
}

/** For a promise to catch with. */
export function throwUnavailable(error: unknown): never {
  throw unavailable(error)
}
