import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { QueryCommandInput, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb'
import type { Item } from './item.ts'

export type Key = Readonly<Record<string, unknown>>

export type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number]

export type Query = Omit<QueryCommandInput, 'TableName'>

/**
 * What keeping licenses takes of DynamoDB: few enough operations that two clients can have them. What DynamoDB refuses is
 * an error with the name that DynamoDB gives it, and with the reasons of each write of a transaction.
 */
export interface Table {
  readonly name: string
  /** Reads the newest of an item. */
  get(key: Key): Promise<Item | undefined>
  /** Reads the newest of as many of the items as DynamoDB has time for. */
  batchGet(
    keys: readonly Key[],
  ): Promise<{ readonly items: readonly Item[]; readonly unprocessed: readonly Key[] }>
  /** As many items as fit into an answer, and where the next one begins. */
  query(query: Query): Promise<{ readonly items: readonly Item[]; readonly next?: Item }>
  put(put: Put): Promise<void>
  /** Changes an item, or makes it. Answers the attributes that it was told to answer. */
  update(update: Update): Promise<Item>
  /** Writes all or nothing. The same call tried again by the client counts once. */
  transact(writes: readonly Write[]): Promise<void>
}

interface Put {
  readonly Item: Item
  readonly ConditionExpression: string
}

interface Update {
  readonly Key: Key
  readonly UpdateExpression: string
  readonly ConditionExpression?: string
  readonly ExpressionAttributeNames?: Record<string, string>
  readonly ExpressionAttributeValues: Item
  readonly ReturnValues: 'UPDATED_NEW' | 'ALL_NEW'
}

/** What DynamoDB says of each write of a transaction that it refused; the item that is there, in DynamoDB's own JSON. */
export interface CancellationReason {
  readonly Code?: string | undefined
  readonly Item?: Record<string, AttributeValue> | undefined
}

/** The reasons for which a transaction was refused; undefined for any other error. */
export function cancellationOf(error: unknown): readonly CancellationReason[] | undefined {
  const { name, CancellationReasons = [] } = error as {
    readonly name?: string
    readonly CancellationReasons?: readonly CancellationReason[]
  }
  return name === 'TransactionCanceledException' ? CancellationReasons : undefined
}

/** Whether the condition of a single write did not hold. */
export const isConditionFailure = (error: unknown) =>
  (error as { readonly name?: string }).name === 'ConditionalCheckFailedException'
