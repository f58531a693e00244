import { setTimeout as sleep } from 'node:timers/promises'
import {
  ContinuousBackupsUnavailableException,
  CreateTableCommand,
  type CreateTableCommandInput,
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
const BACKUPS_TRIES = 60
const BACKUPS_PAUSE_MS = 5000

/**
 * Makes the table that serverless.yml defines, unless it is there, and waits until it can be written.
 *
 * @returns whether it holds any record
 */
export async function openTable(
  client: DynamoDBClient,
  definition: TableDefinition,
): Promise<{ readonly isEmpty: boolean }> {
  const { TableName } = definition
  if (!(await hasTable(client, TableName))) {
    await client.send(new CreateTableCommand(creationOf(definition)))
  }
  await waitUntilTableExists({ client, maxWaitTime: READY_SECONDS, minDelay: 1 }, { TableName })
  await complete(client, definition)
  const command = new ScanCommand({ TableName, ConsistentRead: true, Limit: 1 })
  const { Items = [] } = await client.send(command)
  return { isEmpty: Items.length === 0 }
}

/** CloudFormation calls some things by other names than DynamoDB itself. */
function creationOf({
  StreamSpecification,
  SSESpecification: { SSEEnabled, SSEType },
  TimeToLiveSpecification: _ttl,
  PointInTimeRecoverySpecification: _recovery,
  ...same
}: TableDefinition): CreateTableCommandInput {
  return {
    ...same,
    StreamSpecification: { StreamEnabled: true, ...StreamSpecification },
    SSESpecification: { Enabled: SSEEnabled, SSEType },
  }
}

/** What a table cannot be made with, and may still lack when that was stopped half-way. */
async function complete(
  client: DynamoDBClient,
  { TableName, TimeToLiveSpecification, PointInTimeRecoverySpecification }: TableDefinition,
): Promise<void> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }))
  if (TimeToLiveDescription?.TimeToLiveStatus === 'DISABLED') {
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))
  }
  for (let tries = 1; ; tries++) {
    try {
      await client.send(
        new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }),
      )
      return
    } catch (error) {
      // DynamoDB Local has none.
      if ((error as Error).name === 'UnknownOperationException') return
      // A new table is not ready for it at once.
      if (!(error instanceof ContinuousBackupsUnavailableException)) throw error
      if (tries === BACKUPS_TRIES) throw error
      await sleep(BACKUPS_PAUSE_MS)
    }
  }
}
