import { setTimeout as sleep } from 'node:timers/promises'
import { type CancellationReason, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import type { Item } from './item.ts'
import { throwUnavailable, unavailable } from './unavailable.ts'

export type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number]

export interface Requests {
  /**
   * Writes all or nothing. Answers the reasons of a refusal by a condition; undefined once it is written.
   *
   * @param contested which of the writes is given up, rather than tried again, when another one meets it
   */
  transact(
    writes: readonly Write[],
    contested?: number,
  ): Promise<readonly CancellationReason[] | undefined>
  /** The items of the keys that exist: in one round trip, unless DynamoDB is too busy to read all at once. */
  read(keys: readonly Record<string, unknown>[]): Promise<Item[]>
  /** As many of the items as are wanted, in as many round trips as that takes. */
  queryAll(query: Omit<QueryCommandInput, 'TableName'>, limit?: number): Promise<Item[]>
}

/** How often what lost against others is tried again, and how long the first pause is at most. */
const CONFLICT_TRIES = 8
const CONFLICT_PAUSE_MS = 20
const MAX_CONFLICT_PAUSE_MS = 500

/** How a table is asked, with what may pass tried again. Whatever fails in the end is `StoreUnavailable`. */
export function createRequests(client: DynamoDBDocumentClient, table: string): Requests {
  async function transact(
    writes: readonly Write[],
    contested?: number,
  ): Promise<CancellationReason[] | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.send(new TransactWriteCommand({ TransactItems: [...writes] }))
        return
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw unavailable(error)
        const reasons = error.CancellationReasons ?? []
        if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return reasons
        if (contested !== undefined && onlyMeets(reasons, contested)) return reasons
        if (!reasons.some(isPassing) || attempt === CONFLICT_TRIES) throw unavailable(error)
        await pause(attempt)
      }
    }
  }

  async function read(keys: readonly Record<string, unknown>[]): Promise<Item[]> {
    const items: Item[] = []
    let wanted = [...keys]
    for (let attempt = 1; wanted.length > 0; attempt++) {
      const command = new BatchGetCommand({
        RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } },
      })
      const { Responses, UnprocessedKeys } = await client.send(command).catch(throwUnavailable)
      items.push(...(Responses?.[table] ?? []))
      wanted = UnprocessedKeys?.[table]?.Keys ?? []
      if (wanted.length > 0 && attempt === CONFLICT_TRIES) throw unavailable(new Error('Too busy'))
      if (wanted.length > 0) await pause(attempt)
    }
    return items
  }

  async function queryAll(
    query: Omit<QueryCommandInput, 'TableName'>,
    limit?: number,
  ): Promise<Item[]> {
    const items: Item[] = []
    let start: Item | undefined
    do {
      const command = new QueryCommand({
        ...query,
        TableName: table,
        ...(limit !== undefined && { Limit: limit - items.length }),
        ...(start && { ExclusiveStartKey: start }),
      })
      const { Items = [], LastEvaluatedKey } = await client.send(command).catch(throwUnavailable)
      items.push(...Items)
      start = LastEvaluatedKey
    } while (start && (limit === undefined || items.length < limit))
    return items
  }

  return { transact, read, queryAll }
}

const onlyMeets = (reasons: readonly CancellationReason[], place: number) =>
  reasons.every(({ Code }, index) => Code === (index === place ? 'TransactionConflict' : 'None'))

const PASSING = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])
const isPassing = ({ Code }: CancellationReason) => PASSING.has(Code ?? '')

const pause = (attempt: number) =>
  sleep(Math.random() * Math.min(CONFLICT_PAUSE_MS * 2 ** attempt, MAX_CONFLICT_PAUSE_MS))
