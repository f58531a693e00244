import type { RateLimitCounter, RateLimitStore } from '../access/rateLimit.ts'
import type { LicenseStore } from '../license/index.ts'
import { createLookup } from './lookup.ts'
import { createRateLimits } from './rateLimits.ts'
import { createReading } from './read.ts'
import type { Table } from './table.ts'

/** What verifying needs of the table, and nothing that writes a license. */
export interface LookupStores {
  readonly rateLimits: RateLimitStore
  /** Returns the stores of one request, whose first read also checks the counters. */
  readonly rateLimited: (counters: readonly RateLimitCounter[]) => {
    readonly store: Pick<LicenseStore, 'find' | 'lookup'>
  }
}

export function createLookupStores(table: Table): LookupStores {
  const rateLimits = createRateLimits(table)
  const reading = createReading(table)
  return {
    rateLimits,
    rateLimited: (counters) => ({ store: createLookup(rateLimits.rateLimited(reading, counters)) }),
  }
}
