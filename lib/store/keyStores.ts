import type { RateLimitCounter, RateLimitStore } from '../access/rateLimit.ts'
import type { TokenStore } from '../access/token.ts'
import type { LicenseStore } from '../license/index.ts'
import { createDynamoStore } from './dynamodb.ts'
import { createRateLimits } from './rateLimits.ts'
import { createRequests } from './requests.ts'
import type { Table } from './table.ts'
import { createTokenStore } from './tokens.ts'

/** The stores of a request that may be a guess. Each method throws `RateLimitError` once a limit is exceeded. */
export interface RateLimitedStores {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  /** For requests that read neither store. */
  assertNotLimited(): Promise<void>
}

/** What selling keys and using them needs of the table. */
export interface KeyStores {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  readonly rateLimits: RateLimitStore
  /** Returns the stores of one request, whose first read also checks the counters. */
  readonly rateLimited: (counters: readonly RateLimitCounter[]) => RateLimitedStores
}

export function createKeyStores(table: Table): KeyStores {
  const rateLimits = createRateLimits(table)
  const plain = createRequests(table)
  return {
    store: createDynamoStore(table),
    tokens: createTokenStore(table),
    rateLimits,
    rateLimited(counters) {
      const requests = rateLimits.rateLimited(plain, counters)
      return {
        store: createDynamoStore(table, requests),
        tokens: createTokenStore(table, requests),
        async assertNotLimited() {
          await requests.read([])
        },
      }
    },
  }
}
