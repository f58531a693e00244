import { pause, TRIES } from './again.ts'
import type { Item } from './item.ts'
import { createReading, type Reading } from './read.ts'
import {
  type CancellationReason,
  cancellationOf,
  type Query,
  type Table,
  type Write,
} from './table.ts'
import { throwUnavailable, unavailable } from './unavailable.ts'

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
  /**
   * Finds up to `limit` items in as many round trips as that takes. Items that are not wanted do not count toward the limit,
   * so fewer than `limit` are always the last.
   */
  queryAll(query: Query, limit?: number, isWanted?: (item: Item) => boolean): Promise<Item[]>
}

/** How a table is asked, with what may pass tried again. Whatever fails in the end is `StoreUnavailable`. */
export function createRequests(table: Table): Requests {
  async function transact(
    writes: readonly Write[],
    contested?: number,
  ): Promise<readonly CancellationReason[] | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await table.transact(writes)
        return
      } catch (error) {
        const reasons = cancellationOf(error)
        if (!reasons) throw unavailable(error)
        if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return reasons
        if (contested !== undefined && onlyMeets(reasons, contested)) return reasons
        if (!reasons.some(isPassing) || attempt === TRIES) throw unavailable(error)
        await pause(attempt)
      }
    }
  }

  async function queryAll(
    query: Query,
    limit?: number,
    isWanted: (item: Item) => boolean = () => true,
  ): Promise<Item[]> {
    const found: Item[] = []
    let start: Item | undefined
    do {
      const { items, next } = await table
        .query({
          ...query,
          ...(limit !== undefined && { Limit: limit - found.length }),
          ...(start && { ExclusiveStartKey: start }),
        })
        .catch(throwUnavailable)
      found.push(...items.filter(isWanted))
      start = next
    } while (start && (limit === undefined || found.length < limit))
    return found
  }

  return { ...createReading(table), transact, queryAll }
}

const onlyMeets = (reasons: readonly CancellationReason[], place: number) =>
  reasons.every(({ Code }, index) => Code === (index === place ? 'TransactionConflict' : 'None'))

const PASSING = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])
const isPassing = ({ Code }: CancellationReason) => PASSING.has(Code ?? '')
