import type { TokenStore } from '../access/token.ts'
import type { Counter, TryStore } from '../access/tries.ts'
import type { LicenseStore } from '../license/index.ts'
import { createDynamoStore } from './dynamodb.ts'
import { createRequests } from './requests.ts'
import type { Table } from './table.ts'
import { createTokenStore } from './tokens.ts'
import { createTryStore } from './tries.ts'

/** What may be looked up by somebody who may be guessing. Each of it throws `TooManyTries` at whoever failed too often. */
export interface Watched {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  /** For what is looked up elsewhere. */
  admit(): Promise<void>
}

/** What selling keys and using them needs of the table. */
export interface KeyStores {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  readonly tries: TryStore
  /** For one request: its first read also reads the counters. */
  readonly watched: (counters: readonly Counter[]) => Watched
}

export function createKeyStores(table: Table): KeyStores {
  const tries = createTryStore(table)
  const plain = createRequests(table)
  return {
    store: createDynamoStore(table),
    tokens: createTokenStore(table),
    tries,
    watched(counters) {
      const requests = tries.watch(plain, counters)
      return {
        store: createDynamoStore(table, requests),
        tokens: createTokenStore(table, requests),
        async admit() {
          await requests.read([])
        },
      }
    },
  }
}
