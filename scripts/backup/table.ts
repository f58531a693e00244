import { setTimeout as sleep } from 'node:timers/promises'
import {
  ContinuousBackupsUnavailableException,
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ScanCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import type { TableDefinition } from '../local/service.ts'
import { hasTable } from '../setup/table.ts'

const READY_SECONDS = 600
const BACKUPS_ATTEMPTS = 60
const BACKUPS_PAUSE_MS = 5000

/**
 * Creates the table if it does not exist, with all settings of its definition, and waits until it can be written.
 *
 * @returns true if the table contains no record
 */
export async function openTable(
  client: DynamoDBClient,
  definition: TableDefinition,
): Promise<boolean> {
  const { TableName } = definition
  if (!(await hasTable(client, TableName))) await createTable(client, definition)
  await waitUntilTableExists({ client, maxWaitTime: READY_SECONDS, minDelay: 1 }, { TableName })
  await completeTable(client, definition)
  const scan = new ScanCommand({ TableName, ConsistentRead: true, Limit: 1 })
  return (await client.send(scan)).Items?.length === 0
}

/** CloudFormation names some settings differently than DynamoDB, and has some that cannot be set on creation. */
async function createTable(client: DynamoDBClient, definition: TableDefinition): Promise<void> {
  const {
    StreamSpecification,
    SSESpecification: { SSEEnabled, SSEType },
    TimeToLiveSpecification: _ttl,
    PointInTimeRecoverySpecification: _recovery,
    ...settings
  } = definition
  await client.send(
    new CreateTableCommand({
      ...settings,
      StreamSpecification: { StreamEnabled: true, ...StreamSpecification },
      SSESpecification: { Enabled: SSEEnabled, SSEType },
    }),
  )
}

/** Makes the settings that a table cannot be created with, also if an earlier run was interrupted before them. */
async function completeTable(
  client: DynamoDBClient,
  { TableName, TimeToLiveSpecification, PointInTimeRecoverySpecification }: TableDefinition,
): Promise<void> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }))
  if (TimeToLiveDescription?.TimeToLiveStatus === 'DISABLED') {
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(
        new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }),
      )
      return
    } catch (error) {
      // DynamoDB Local has no backups.
      if ((error as Error).name === 'UnknownOperationException') return
      // A new table is not ready for backups at once.
      const isRetryable = error instanceof ContinuousBackupsUnavailableException
      if (!isRetryable || attempt === BACKUPS_ATTEMPTS) throw error
      await sleep(BACKUPS_PAUSE_MS)
    }
  }
}
