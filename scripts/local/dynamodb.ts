import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  ResourceInUseException,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb'
import getPort from 'get-port'
import { catalog } from '../../lib/catalog/catalog.ts'
import { findTier } from '../../lib/catalog/tier.ts'
import { fromLicenseItem, INDEXES, toLicenseItem } from '../../lib/store/item.ts'
import type { Server } from './server.ts'
import type { TableDefinition } from './service.ts'

const READY_TRIES = 300
const READY_PAUSE_MS = 100

const require = createRequire(import.meta.url)
const JARS = path.join(
  path.dirname(require.resolve('amplify-dynamodb-simulator/package.json')),
  'emulator',
)

/** It is small and short-lived as a rule: a quick start is worth more than speed later. */
const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

export interface DynamoDb extends Server {
  readonly pid: number | undefined
}

/**
 * Amazon's own DynamoDB Local. Keeps its data in `directory`, or in memory when there is none.
 *
 * @param machine options of Java's virtual machine
 */
export async function startDynamoDb(
  java: string,
  directory?: string,
  machine: readonly string[] = QUICK_START,
): Promise<DynamoDb> {
  const port = await getPort({ host: '127.0.0.1' })
  const child = spawn(
    java,
    [
      ...machine,
      `-Djava.library.path=${path.join(JARS, 'DynamoDBLocal_lib')}`,
      '-jar',
      path.join(JARS, 'DynamoDBLocal.jar'),
      '-port',
      `${port}`,
      '-sharedDb',
      '-disableTelemetry',
      ...(directory === undefined ? ['-inMemory'] : ['-dbPath', path.resolve(directory)]),
    ],
    // It leaves a file about itself wherever it is started.
    { stdio: 'ignore', cwd: directory ?? tmpdir() },
  )
  const exited = once(child, 'exit').then(() => {})
  const server: DynamoDb = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    exited,
    async stop() {
      child.kill()
      await exited
    },
  }
  await ready(server, exited)
  return server
}

async function ready({ url }: Server, exited: Promise<void>): Promise<void> {
  const client = localClient(url)
  const died = exited.then(() => {
    throw new Error('DynamoDB Local ended while it was starting')
  })
  for (let attempt = 1; ; attempt++) {
    try {
      await Promise.race([client.send(new ListTablesCommand({})), died])
      return
    } catch (error) {
      if (attempt === READY_TRIES) throw error
      await Promise.race([sleep(READY_PAUSE_MS), died])
    }
  }
}

/** DynamoDB Local asks for credentials and believes any. */
export const LOCAL_CREDENTIALS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}

export const localClient = (endpoint: string) =>
  new DynamoDBClient({ endpoint, ...LOCAL_CREDENTIALS, maxAttempts: 1 })

const INDEXED = new Set<string>(Object.values(INDEXES).flatMap(({ hash, sort }) => [hash, sort]))

/** Writes what an earlier version wrote as it is written now: an index takes no null, and lists by what licenses lacked. */
async function renewItems(client: DynamoDBClient, TableName: string) {
  const documents = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  })
  for await (const { Items = [] } of paginateScan({ client: documents }, { TableName })) {
    for (const item of Items) {
      const isOld = item['sk'] === 'LICENSE' && !item['listed'] && !item['aliasOf']
      const said = Object.entries(item).filter(
        ([name, value]) => value !== null || !INDEXED.has(name),
      )
      if (!isOld && said.length === Object.keys(item).length) continue
      const seats = findTier(catalog, `${item['tier']}`)?.seats ?? 1
      const Item = isOld
        ? toLicenseItem(fromLicenseItem({ seats, ...item }))
        : Object.fromEntries(said)
      await documents.send(new PutCommand({ TableName, Item }))
    }
  }
}

/** Gives a table of an earlier version the indexes that it lacks, one at a time as DynamoDB wants it. */
async function addIndexes(client: DynamoDBClient, definition: Partial<TableDefinition>) {
  const { TableName, AttributeDefinitions, GlobalSecondaryIndexes = [] } = definition
  if (TableName === undefined) return
  await renewItems(client, TableName)
  for (const index of GlobalSecondaryIndexes) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }))
    const has = Table?.GlobalSecondaryIndexes?.some(
      ({ IndexName }) => IndexName === index.IndexName,
    )
    if (has) continue
    await client.send(
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: index }],
      }),
    )
    for (let tries = 0; !(await isActive(client, TableName, index.IndexName)); tries++) {
      if (tries === READY_TRIES)
        throw new Error(`The index ${index.IndexName} does not become active`)
      await sleep(READY_PAUSE_MS)
    }
  }
}

async function isActive(client: DynamoDBClient, TableName?: string, name?: string) {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  const index = Table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === name)
  return index?.IndexStatus === 'ACTIVE'
}

/** Creates the table that serverless.yml defines; one that is there already stays with its data. */
export async function createTable(
  client: DynamoDBClient,
  { TimeToLiveSpecification, StreamSpecification, ...definition }: TableDefinition,
): Promise<void> {
  // What only the real service knows.
  const { PointInTimeRecoverySpecification, SSESpecification, ...known } = definition
  try {
    await client.send(
      new CreateTableCommand({
        ...(known as CreateTableCommandInput),
        ...(StreamSpecification && {
          StreamSpecification: { ...StreamSpecification, StreamEnabled: true },
        }),
      }),
    )
  } catch (error) {
    if (error instanceof ResourceInUseException) return addIndexes(client, definition)
    throw error
  }
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: definition.TableName,
      TimeToLiveSpecification,
    }),
  )
}
