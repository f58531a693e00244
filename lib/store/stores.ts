import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { RevocationStore, SummaryStore } from '../license/index.ts'
import type { Outbox } from '../mail/outbox.ts'
import { createKeyStores, type KeyStores } from './keyStores.ts'
import { createOutbox } from './outbox.ts'
import { createRevocationStore } from './revocations.ts'
import { createSdkTable } from './sdkTable.ts'
import { createSummaryStore } from './summary.ts'

/** Everything that is kept, in one table. */
export interface Stores extends KeyStores {
  readonly revocations: RevocationStore
  readonly summary: SummaryStore
  readonly outbox: Outbox
}

export const createStores = (at: { client: DynamoDBDocumentClient; table: string }): Stores => ({
  ...createKeyStores(createSdkTable(at.client, at.table)),
  revocations: createRevocationStore(at),
  summary: createSummaryStore(at),
  outbox: createOutbox(at),
})
