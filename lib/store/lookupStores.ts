import type { Counter, TryStore } from '../access/tries.ts'
import type { LicenseStore } from '../license/index.ts'
import { createLookup } from './lookup.ts'
import { createReading } from './read.ts'
import type { Table } from './table.ts'
import { createTryStore } from './tries.ts'

/** What verifying needs of the table, and nothing that writes a license. */
export interface LookupStores {
  readonly tries: TryStore
  /** For one request: its first read also reads the counters. */
  readonly watched: (counters: readonly Counter[]) => {
    readonly store: Pick<LicenseStore, 'find' | 'lookup'>
  }
}

export function createLookupStores(table: Table): LookupStores {
  const tries = createTryStore(table)
  const reading = createReading(table)
  return {
    tries,
    watched: (counters) => ({ store: createLookup(tries.watch(reading, counters)) }),
  }
}
