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

/** The limit for a start whose caller sets none. A slow machine may take minutes. */
const START_LIMIT_MS = 5 * 60_000
const PAUSE_MS = 100
/** The time for DynamoDB Local to end in before it is killed. */
const END_LIMIT_MS = 10_000

const require = createRequire(import.meta.url)
const JARS = path.join(
  path.dirname(require.resolve('amplify-dynamodb-simulator/package.json')),
  'emulator',
)

/** Options of Java for a small database that runs for a short time: a quick start counts more than later speed. */
const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

const WATCHDOG = fileURLToPath(new URL('./watchdog.mjs', import.meta.url))

export interface DynamoDb extends Server {
  readonly pid: number | undefined
}

interface DynamoDbOptions {
  /** The directory for the data. Without one, the data is kept in memory. */
  readonly directory?: string
  /** A free port; without one, any. */
  readonly port?: number
  /** Options of Java's virtual machine. */
  readonly machine?: readonly string[]
  /** Ends the start when it aborts. Has no effect later. */
  readonly signal?: AbortSignal
}

/**
 * Starts Amazon's DynamoDB Local and resolves once it answers. It ends with this process, however that ends.
 *
 * @throws Error if it ends while it starts, or the signal's reason
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
    // It writes a file about itself to the directory that it is started in.
    { stdio: ['ignore', 'ignore', 'pipe'], cwd: directory ?? tmpdir() },
  )
  const dismiss = watchOver(child)
  let complaint = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-2000)
  })
  const gone = new AbortController()
  const exited = once(child, 'close').then(
    () => {},
    (error: Error) => {
      complaint = error.message
    },
  )
  void exited.then(() => {
    dismiss()
    gone.abort()
  })
  const server: DynamoDb = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    exited,
    async stop() {
      child.kill()
      const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
      await exited
      clearTimeout(limit)
    },
  }
  try {
    await ready(server.url, AbortSignal.any([signal, gone.signal]))
    return server
  } catch (cause) {
    const ended = gone.signal.aborted
    await server.stop()
    if (!ended) throw signal.reason
    const said = complaint.trim().split('\n').at(-1)
    throw new Error(`DynamoDB Local ended while it was starting${said ? `: ${said}` : '.'}`, {
      cause,
    })
  }
}

/** Makes a process end with this one, even if this one is killed. Returns what lifts that once the process is gone. */
function watchOver({ pid }: ChildProcess): () => void {
  if (pid === undefined) return () => {}
  const watchdog = spawn(process.execPath, [WATCHDOG], { stdio: ['pipe', 'ignore', 'ignore'] })
  // Without a watchdog, all still works as long as this process is not killed.
  watchdog.on('error', () => {})
  watchdog.stdin.on('error', () => {})
  watchdog.stdin.write(`${pid}`)
  watchdog.unref()
  return () => watchdog.kill('SIGKILL')
}

/** Resolves once DynamoDB Local answers. Rejects when the signal aborts. */
async function ready(url: string, signal: AbortSignal): Promise<void> {
  const client = localClient(url)
  try {
    for (;;) {
      const answer = client.send(new ListTablesCommand({}), { abortSignal: signal })
      if (await answer.catch(() => undefined)) return
      await sleep(PAUSE_MS, undefined, { signal })
    }
  } finally {
    client.destroy()
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
async function addIndexes(
  client: DynamoDBClient,
  definition: Partial<TableDefinition>,
  signal: AbortSignal,
) {
  const { TableName, AttributeDefinitions, GlobalSecondaryIndexes = [] } = definition
  if (TableName === undefined) return
  await renewItems(client, TableName)
  for (const index of GlobalSecondaryIndexes) {
    const statusNow = async () =>
      (await indexStatuses(client, TableName, signal)).get(index.IndexName)
    if ((await statusNow()) !== undefined) continue
    await client.send(
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: index }],
      }),
    )
    while ((await statusNow()) !== 'ACTIVE') {
      await sleep(PAUSE_MS, undefined, { signal })
    }
  }
}

/**
 * Returns the status of each index of a table by its name. Asks again after a server error: DynamoDB Local sometimes fails
 * to describe a table while it builds an index.
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
 * Creates the table that serverless.yml defines. One that exists keeps its data and gets the indexes that it lacks.
 *
 * @param signal ends the wait for indexes when it aborts
 */
export async function createTable(
  client: DynamoDBClient,
  { TimeToLiveSpecification, StreamSpecification, ...definition }: TableDefinition,
  signal: AbortSignal = AbortSignal.timeout(START_LIMIT_MS),
): Promise<void> {
  // DynamoDB Local refuses the settings that only the real service has.
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
