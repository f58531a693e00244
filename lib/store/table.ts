/**
 * The table as the stores use it: retries, strongly consistent reads, and errors as `StoreUnavailable`. sdkTable.ts
 * implements it on the AWS SDK; lookupTable.ts implements the part that verify uses without the SDK.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type {
  QueryCommandInput,
  TransactWriteCommandInput,
  UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { StoreUnavailable } from '../license/store.ts'
import type { Item } from './item.ts'

export type Key = Readonly<Record<string, unknown>>

type OfTable<Input> = Omit<Input, 'TableName'>
type SdkWrite = NonNullable<TransactWriteCommandInput['TransactItems']>[number]

/** A write of a transaction: `Put`, `Update` or `ConditionCheck`. */
export type Write = { readonly [Kind in keyof SdkWrite]: OfTable<NonNullable<SdkWrite[Kind]>> }
type Query = OfTable<QueryCommandInput>
export type Update = Omit<OfTable<UpdateCommandInput>, 'Key'> & { readonly Key: Key }

/** The reason for which a write of a canceled transaction failed. */
export interface CancellationReason {
  /** `None` for a write that would have succeeded. */
  readonly code: string
  /** The existing item, if the write requested it by `ReturnValuesOnConditionCheckFailure`. */
  readonly item?: Item
}

/** A failed condition of a single write. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed'
  /** The existing item, if there is one and the write requested it. */
  readonly item: Item | undefined

  constructor(item: Item | undefined, options: ErrorOptions) {
    super('The condition of the write failed', options)
    this.item = item
  }
}

/** The operations that verify uses. Errors other than those named are `StoreUnavailable`, or bugs of this program. */
export interface LookupTable {
  /** Reads the existing items among the keys: one round trip, unless DynamoDB leaves keys unprocessed. */
  read(keys: readonly Key[]): Promise<Item[]>
  /**
   * Updates or creates an item. Returns the attributes selected by `ReturnValues`.
   *
   * @throws ConditionFailed
   */
  update(update: Update): Promise<Item>
}

export interface Table extends LookupTable {
  /**
   * Finds up to `limit` items, in as many round trips as needed. Unwanted items do not count toward the limit, so a shorter
   * result is always the last one.
   */
  queryAll(query: Query, limit?: number, isWanted?: (item: Item) => boolean): Promise<Item[]>
  /** Creates an item. An existing item is reported as `StoreUnavailable`. */
  create(item: Item): Promise<void>
  /**
   * Executes all writes or none. Returns the reasons if a condition failed, undefined once written.
   *
   * @param contested index of the write whose `TransactionConflict` is returned instead of retried
   */
  transact(
    writes: readonly Write[],
    contested?: number,
  ): Promise<readonly CancellationReason[] | undefined>
}

export const MAX_ATTEMPTS = 8
const FIRST_PAUSE_MS = 20
const MAX_PAUSE_MS = 500

/** Thrown by an operation to be repeated by `withRetry`. */
export class Contention extends Error {}

/**
 * Repeats an operation that throws `Contention`, with exponential backoff and full jitter.
 *
 * @throws StoreUnavailable after eight attempts, or for any other error of DynamoDB
 */
export async function withRetry<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation()
    } catch (error) {
      if (!(error instanceof Contention) || attempt === MAX_ATTEMPTS) throw toUnavailable(error)
    }
    await sleep(Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS))
  }
}

/** Keeps errors that are not DynamoDB's, and invalid requests, which are bugs. By name: two clients report it. */
function toUnavailable(error: unknown): unknown {
  if (error instanceof ConditionFailed || error instanceof StoreUnavailable) return error
  const { name, CancellationReasons = [] } = error as {
    readonly name?: string
    readonly CancellationReasons?: readonly { readonly Code?: string }[]
  }
  const isInvalid =
    name === 'ValidationException' ||
    CancellationReasons.some(({ Code }) => Code === 'ValidationError')
  return isInvalid ? error : new StoreUnavailable(error)
}

/** Returns the query for one hash key of an index, latest first, after a position if there is one. */
export const indexQuery = (
  { name, hash, sort }: { readonly name: string; readonly hash: string; readonly sort: string },
  value: string,
  after?: { readonly key: Key; readonly at: unknown },
): Query => ({
  IndexName: name,
  KeyConditionExpression: `#${hash} = :hash`,
  ExpressionAttributeValues: { ':hash': value },
  ScanIndexForward: false,
  ...(after && { ExclusiveStartKey: { ...after.key, [hash]: value, [sort]: after.at } }),
})

/**
 * Adds the attribute names of all expressions: `#name` stands for the attribute `name`, unless the input defines it. A plain
 * name in an expression fails if it is a reserved word.
 */
export function withNames<Input extends object>(input: Input): Input {
  const names = Object.entries(input)
    .filter(([member]) => member.endsWith('Expression'))
    .flatMap(([, expression]) => `${expression}`.match(/#\w+/g) ?? [])
  if (names.length === 0) return input
  const { ExpressionAttributeNames } = input as Partial<Update>
  const derived = Object.fromEntries(names.map((name) => [name, name.slice(1)]))
  return { ...input, ExpressionAttributeNames: { ...derived, ...ExpressionAttributeNames } }
}

/** Creates `LookupTable.read` from DynamoDB's GetItem and BatchGetItem. */
export const createRead = (
  get: (key: Key) => Promise<Item | undefined>,
  batchGet: (keys: readonly Key[]) => Promise<{
    readonly items: readonly Item[]
    readonly unprocessed: readonly Key[]
  }>,
): LookupTable['read'] =>
  async function read(keys) {
    const [first, ...others] = keys
    if (!first) return []
    const found: Item[] = []
    let remaining = keys
    return withRetry(async () => {
      // GetItem responds sooner than BatchGetItem.
      if (others.length === 0) return [await get(first)].filter((item) => item !== undefined)
      const { items, unprocessed } = await batchGet(remaining)
      found.push(...items)
      remaining = unprocessed
      if (remaining.length > 0) throw new Contention('DynamoDB left keys unprocessed')
      return found
    })
  }

/** Request units as billed by DynamoDB. */
export interface Units {
  readonly read: number
  readonly write: number
}

interface Capacity {
  readonly CapacityUnits?: number | undefined
}

/** The part of an output that reports the consumed units. */
export interface Metered {
  readonly ConsumedCapacity?: Capacity | readonly Capacity[] | undefined
}

/** Makes DynamoDB report the consumed units, at no cost. */
export const METERED = { ReturnConsumedCapacity: 'TOTAL' } as const

export const unitsOf = ({ ConsumedCapacity = [] }: Metered): number =>
  [ConsumedCapacity].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)
