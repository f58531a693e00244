import { pause, TRIES } from './again.ts'
import type { Item } from './item.ts'
import type { Key, Table } from './table.ts'
import { throwUnavailable, unavailable } from './unavailable.ts'

/** Reads items by their keys. */
export interface Reading {
  /** The items of the keys that exist: in one round trip, unless DynamoDB is too busy to read all at once. */
  read(keys: readonly Key[]): Promise<Item[]>
}

/** Whatever fails in the end is `StoreUnavailable`. */
export const createReading = (table: Table): Reading => ({
  async read(keys) {
    const [only, ...others] = keys
    // One is asked for as one: DynamoDB answers that sooner.
    if (only && others.length === 0) {
      const item = await table.get(only).catch(throwUnavailable)
      return item ? [item] : []
    }
    const items: Item[] = []
    let wanted = keys
    for (let attempt = 1; wanted.length > 0; attempt++) {
      const { items: found, unprocessed } = await table.batchGet(wanted).catch(throwUnavailable)
      items.push(...found)
      wanted = unprocessed
      if (wanted.length > 0 && attempt === TRIES) throw unavailable(new Error('Too busy'))
      if (wanted.length > 0) await pause(attempt)
    }
    return items
  },
})
