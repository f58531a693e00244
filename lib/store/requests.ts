import { type CancellationReason, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import {
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { pause, TRIES } from './again.ts'
import type { Item } from './item.ts'
import { createReading, type Reading } from './read.ts'
import { createSdkTable } from './sdkTable.ts'
import { throwUnavailable, unavailable } from './unavailable.ts'

export type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number]

export interface Requests extends Reading {
  /**
   * Writes all or nothing. Answers the reasons of a refusal by a condition; undefined once it is written.
   *
   * @param contested which of the writes is given up, rather than tried again, when another one meets it
   */
  transact(
    writes: readonly Write[],
    contested?: number,
  ): Promise<readonly CancellationReason[] | undefined>
  /** As many of the items as are wanted, in as many round trips as that takes. */
  queryAll(query: Omit<QueryCommandInput, 'TableName'>, limit?: number): Promise<Item[]>
}

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
        if (!reasons.some(isPassing) || attempt === TRIES) throw unavailable(error)
        await pause(attempt)
      }
    }
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

  return { ...createReading(createSdkTable(client, table)), transact, queryAll }
}

const onlyMeets = (reasons: readonly CancellationReason[], place: number) =>
  reasons.every(({ Code }, index) => Code === (index === place ? 'TransactionConflict' : 'None'))

const PASSING = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])
const isPassing = ({ Code }: CancellationReason) => PASSING.has(Code ?? '')
