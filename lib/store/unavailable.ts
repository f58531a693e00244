import { StoreUnavailable } from '../license/index.ts'

interface Refused {
  readonly name?: string
  readonly CancellationReasons?: readonly { readonly Code?: string }[]
}

/** A request that DynamoDB calls wrong is a fault of the program; everything else may pass. By name: two clients say it. */
export function unavailable(error: unknown): unknown {
  const { name, CancellationReasons } = error as Refused
  const wrong =
    name === 'TransactionCanceledException'
      ? CancellationReasons?.some(({ Code }) => Code === 'ValidationError')
      : name === 'ValidationException'
  return wrong ? error : new StoreUnavailable(error)
}

/** For a promise to catch with. */
export function throwUnavailable(error: unknown): never {
  throw unavailable(error)
}
