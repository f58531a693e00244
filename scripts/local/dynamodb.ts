import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBServiceException,
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

/** Default time limit of a start. A slow machine may need minutes. */
const START_LIMIT_MS = 5 * 60_000
const PAUSE_MS = 100
/** Delay after which DynamoDB Local is killed if it does not stop. */
const STOP_LIMIT_MS = 10_000

const require = createRequire(import.meta.url)
const JARS = path.join(
  path.dirname(require.resolve('amplify-dynamodb-simulator/package.json')),
  'emulator',
)

/** JVM options that favor a quick start over throughput. */
const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

const WATCHDOG = fileURLToPath(new URL('./watchdog.mjs', import.meta.url))

export interface DynamoDb extends Server {
  readonly pid: number | undefined
}

interface DynamoDbOptions {
  /** Directory for the data. Default: in memory. */
  readonly directory?: string
  /** Default: any free port. */
  readonly port?: number
  /** JVM options. */
  readonly machine?: readonly string[]
  /** Aborts the start. Has no effect later. */
  readonly signal?: AbortSignal
}

/**
 * Starts Amazon's DynamoDB Local and resolves once it responds. It exits with this process, even if that is killed.
 *
 * @throws Error if it exits during the start, or the signal's reason
 */
export async function startDynamoDb(
  java: string,
  options: DynamoDbOptions = {},
): Promise<DynamoDb> {
  const { directory, machine = QUICK_START, signal = AbortSignal.timeout(START_LIMIT_MS) } = options
  const port = options.port ?? (await getPort({ host: '127.0.0.1' }))
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
    // It writes a file to its working directory.
    { stdio: ['ignore', 'ignore', 'pipe'], cwd: directory ?? tmpdir() },
  )
  const dismissWatchdog = startWatchdog(child)
  let lastOutput = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (chunk) => {
    lastOutput = `${lastOutput}${chunk}`.slice(-2000)
  })
  const exit = new AbortController()
  const exited = once(child, 'close').then(
    () => {},
    (error: Error) => {
      lastOutput = error.message
    },
  )
  void exited.then(() => {
    dismissWatchdog()
    exit.abort()
  })
  const server: DynamoDb = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    exited,
    async stop() {
      child.kill()
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await exited
      clearTimeout(limit)
    },
  }
  try {
    await waitUntilReady(server.url, AbortSignal.any([signal, exit.signal]))
    return server
  } catch (cause) {
    const hasExited = exit.signal.aborted
    await server.stop()
    if (!hasExited) throw signal.reason
    const message = lastOutput.trim().split('\n').at(-1)
    throw new Error(`DynamoDB Local exited during its start${message ? `: ${message}` : '.'}`, {
      cause,
    })
  }
}

/** Makes a process exit with this one, even if this one is killed. Returns a function that stops the watchdog. */
function startWatchdog({ pid }: ChildProcess): () => void {
  if (pid === undefined) return () => {}
  const watchdog = spawn(process.execPath, [WATCHDOG], { stdio: ['pipe', 'ignore', 'ignore'] })
  // Without a watchdog, only a killed parent leaves the process behind.
  watchdog.on('error', () => {})
  watchdog.stdin.on('error', () => {})
  watchdog.stdin.write(`${pid}`)
  watchdog.unref()
  return () => watchdog.kill('SIGKILL')
}

/** Resolves once DynamoDB Local responds. Rejects when the signal aborts. */
async function waitUntilReady(url: string, signal: AbortSignal): Promise<void> {
  const client = localClient(url)
  try {
    for (;;) {
      const response = client.send(new ListTablesCommand({}), { abortSignal: signal })
      if (await response.catch(() => undefined)) return
      await sleep(PAUSE_MS, undefined, { signal })
    }
  } finally {
    client.destroy()
  }
}

/** DynamoDB Local requires credentials and accepts any. */
export const LOCAL_CREDENTIALS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}

export const localClient = (endpoint: string) =>
  new DynamoDBClient({ endpoint, ...LOCAL_CREDENTIALS, maxAttempts: 1 })

const INDEXED = new Set<string>(Object.values(INDEXES).flatMap(({ hash, sort }) => [hash, sort]))

/** Rewrites items of an earlier version: index keys must not be null, and licenses need the attribute `listed`. */
async function migrateItems(client: DynamoDBClient, TableName: string) {
  const documents = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  })
  for await (const { Items = [] } of paginateScan({ client: documents }, { TableName })) {
    for (const item of Items) {
      const isOld = item['sk'] === 'LICENSE' && !item['listed'] && !item['aliasOf']
      const present = Object.entries(item).filter(
        ([name, value]) => value !== null || !INDEXED.has(name),
      )
      if (!isOld && present.length === Object.keys(item).length) continue
      const seats = findTier(catalog, `${item['tier']}`)?.seats ?? 1
      const Item = isOld
        ? toLicenseItem(fromLicenseItem({ seats, ...item }))
        : Object.fromEntries(present)
      await documents.send(new PutCommand({ TableName, Item }))
    }
  }
}

/** Adds missing indexes to a table of an earlier version, one at a time as DynamoDB requires. */
async function addIndexes(
  client: DynamoDBClient,
  definition: Partial<TableDefinition>,
  signal: AbortSignal,
) {
  const { TableName, AttributeDefinitions, GlobalSecondaryIndexes = [] } = definition
  if (TableName === undefined) return
  await migrateItems(client, TableName)
  for (const index of GlobalSecondaryIndexes) {
    const getStatus = async () =>
      (await indexStatuses(client, TableName, signal)).get(index.IndexName)
    if ((await getStatus()) !== undefined) continue
    await client.send(
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: index }],
      }),
    )
    while ((await getStatus()) !== 'ACTIVE') {
      await sleep(PAUSE_MS, undefined, { signal })
    }
  }
}

/**
 * Returns the status of each index by name. Retries server errors: DynamoDB Local sometimes fails to describe a table while
 * it builds an index.
 */
async function indexStatuses(client: DynamoDBClient, TableName: string, signal: AbortSignal) {
  for (;;) {
    try {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }))
      const indexes = Table?.GlobalSecondaryIndexes ?? []
      return new Map(indexes.map(({ IndexName, IndexStatus }) => [IndexName, IndexStatus]))
    } catch (error) {
      const { $metadata } = error as Partial<DynamoDBServiceException>
      if (($metadata?.httpStatusCode ?? 0) < 500) throw error
    }
    await sleep(PAUSE_MS, undefined, { signal })
  }
}

/**
 * Creates the table of serverless.yml. An existing table keeps its data, and missing indexes are added.
 *
 * @param signal aborts the wait for indexes
 */
export async function createTable(
  client: DynamoDBClient,
  { TimeToLiveSpecification, StreamSpecification, ...definition }: TableDefinition,
  signal: AbortSignal = AbortSignal.timeout(START_LIMIT_MS),
): Promise<void> {
  // DynamoDB Local rejects these settings.
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
    if (error instanceof ResourceInUseException) return addIndexes(client, definition, signal)
    throw error
  }
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: definition.TableName,
      TimeToLiveSpecification,
    }),
  )
}
