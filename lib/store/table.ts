import type { Item } from './item.ts'

export type Key = Readonly<Record<string, unknown>>

/** What asking for a key takes of DynamoDB: few enough operations that two clients can have them. */
export interface Table {
  readonly name: string
  /** Reads the newest of as many of the items as DynamoDB has time for. */
  batchGet(
    keys: readonly Key[],
  ): Promise<{ readonly items: readonly Item[]; readonly unprocessed: readonly Key[] }>
  /** Changes an item, or makes it. Answers the attributes that it changed. */
  update(update: Update): Promise<Item>
}

interface Update {
  readonly Key: Key
  readonly UpdateExpression: string
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues: Item
}
