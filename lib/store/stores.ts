import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { TokenStore } from '../access/token.ts'
import type { Counter, TryStore } from '../access/tries.ts'
import type { LicenseStore, RevocationStore, SummaryStore } from '../license/index.ts'
import type { Outbox } from '../mail/outbox.ts'
import { createDynamoStore } from './dynamodb.ts'
import { createOutbox } from './outbox.ts'
import { createRequests } from './requests.ts'
import { createRevocationStore } from './revocations.ts'
import { createSdkTable } from './sdkTable.ts'
import { createSummaryStore } from './summary.ts'
import { createTokenStore } from './tokens.ts'
import { createTryStore } from './tries.ts'

/** What may be looked up by somebody who may be guessing. Each of it throws `TooManyTries` at whoever failed too often. */
export interface Watched {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  /** For what is looked up elsewhere. */
  admit(): Promise<void>
}

/** Everything that is kept, in one table. */
export interface Stores {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  readonly revocations: RevocationStore
  readonly summary: SummaryStore
  readonly outbox: Outbox
  readonly tries: TryStore
  /** For one request: its first read also reads the counters. */
  readonly watched: (counters: readonly Counter[]) => Watched
}

export function createStores(at: { client: DynamoDBDocumentClient; table: string }): Stores {
  const tries = createTryStore(createSdkTable(at.client, at.table))
  const plain = createRequests(at.client, at.table)
  return {
    store: createDynamoStore(at),
    tokens: createTokenStore(at),
    revocations: createRevocationStore(at),
    summary: createSummaryStore(at),
    outbox: createOutbox(at),
    tries,
    watched(counters) {
      const requests = tries.watch(plain, counters)
      return {
        store: createDynamoStore({ ...at, requests }),
        tokens: createTokenStore({ ...at, requests }),
        async admit() {
          await requests.read([])
        },
      }
    },
  }
}
