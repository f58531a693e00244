import type { RateLimitCounter, RateLimitStore } from '../access/rateLimit.ts'
import type { TokenStore } from '../access/token.ts'
import type { LicenseStore, RevocationStore, SummaryStore } from '../license/store.ts'
import type { Outbox } from '../mail/outbox.ts'
import { createDynamoStore } from './dynamodb.ts'
import { createLookup } from './lookup.ts'
import { createOutbox } from './outbox.ts'
import { createRateLimits } from './rateLimits.ts'
import { createRevocationStore } from './revocations.ts'
import { createSummaryStore } from './summary.ts'
import type { LookupTable, Table } from './table.ts'
import { createTokenStore } from './tokens.ts'

/** The stores of verify, which writes no license. */
export interface LookupStores {
  readonly rateLimits: RateLimitStore
  /** Returns the stores of one request, whose first read also checks the counters; see rateLimits.ts. */
  readonly rateLimited: (counters: readonly RateLimitCounter[]) => {
    readonly store: Pick<LicenseStore, 'find' | 'lookup'>
  }
}

/** The stores of a request that may be a guess. Each method throws `RateLimitError` once a limit is exceeded. */
export interface RateLimitedStores {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  /** Checks the counters of a request that reads neither store. */
  assertNotLimited(): Promise<void>
}

/** Every store, all in one table. */
export interface Stores extends LookupStores {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  readonly revocations: RevocationStore
  readonly summary: SummaryStore
  readonly outbox: Outbox
  readonly rateLimited: (counters: readonly RateLimitCounter[]) => RateLimitedStores
}

export function createLookupStores(table: LookupTable): LookupStores {
  const rateLimits = createRateLimits(table)
  return {
    rateLimits,
    rateLimited: (counters) => ({ store: createLookup(rateLimits.rateLimited(table, counters)) }),
  }
}

export function createStores(table: Table): Stores {
  const rateLimits = createRateLimits(table)
  return {
    store: createDynamoStore(table),
    tokens: createTokenStore(table),
    revocations: createRevocationStore(table),
    summary: createSummaryStore(table),
    outbox: createOutbox(table),
    rateLimits,
    rateLimited(counters) {
      const limited = rateLimits.rateLimited(table, counters)
      return {
        store: createDynamoStore(limited),
        tokens: createTokenStore(limited),
        async assertNotLimited() {
          await limited.read([])
        },
      }
    },
  }
}
