import { AsyncLocalStorage } from 'node:async_hooks'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect } from '@jest/globals'
import middy from '@middy/core'
import { catalog } from '../../lib/catalog/catalog.ts'
import type { SecretName } from '../../lib/config.ts'
import type { Log } from '../../lib/lambda/log.ts'
import { type Metrics, withIssuanceMetrics } from '../../lib/lambda/metrics.ts'
import type { AdminRuntime } from '../../lib/lambda/runtime.ts'
import { secretReader } from '../../lib/lambda/sdkRuntime.ts'
import { createSecretCache } from '../../lib/lambda/secretCache.ts'
import { type Secrets, secretsManager } from '../../lib/lambda/secrets.ts'
import { createTable } from '../../lib/store/sdkTable.ts'
import { createStores } from '../../lib/store/stores.ts'
import type { Units } from '../../lib/store/table.ts'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../scripts/local/secretsManager.ts'
import { leaksIn, peopleIn } from './leaks.ts'
import { NOW } from './licenses.ts'
import { aDocumentClient, allItems, makeTable, removeTable } from './table.ts'

export const SECRETS = {
  'test/master-keys': 'test_master_key',
  'test/pepper': 'test_pepper',
  'test/admin-token': 'test_admin_token',
  'test/signing-keys': 'test_signing_key',
  'test/stripe': '{"webhookSecrets":["whsec_test"]}',
}

/** Returns a secret and, if it is JSON, its values. */
function toParts(secret: string): string[] {
  try {
    return [secret, ...Object.values(JSON.parse(secret)).flat().map(String)]
  } catch {
    return [secret]
  }
}

/** Creates a log that records its lines. `archive` keeps lines that a test removes. */
export function aLog(archive: string[] = []) {
  const lines: string[] = []
  const write = (level: string) => (message: string, facts?: Record<string, unknown>) => {
    const line = JSON.stringify({ level, message, ...facts })
    lines.push(line)
    archive.push(line)
  }
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') }
  return { log, lines }
}

/** Creates metrics that record each count. `archive` keeps counts that a test removes. */
export function someMetrics(archive: string[] = []) {
  const counts: string[] = []
  const metrics: Metrics = {
    count(name, about) {
      const count = JSON.stringify({ name, ...about })
      counts.push(count)
      archive.push(count)
    },
    units: () => {},
    flush: () => {},
  }
  return { metrics, counts }
}

/** A write or a deletion in the table. */
export interface Write {
  readonly command: string
  readonly pk: string
  /** The expression of an update. */
  readonly update: string | undefined
}

/** Collects the writes of one request among concurrent ones. */
export const writing = new AsyncLocalStorage<Write[]>()

interface WriteInput {
  readonly Key?: { readonly pk: string }
  readonly Item?: { readonly pk: string }
  readonly UpdateExpression?: string
}

const toWrite = (command: string, { Key, Item, UpdateExpression }: WriteInput): Write => ({
  command,
  pk: `${(Key ?? Item)?.pk}`,
  update: UpdateExpression,
})

const READS = ['BatchGetItem', 'ConditionCheck', 'GetItem', 'Query', 'Scan']

/** Returns the writes of a successful command. */
function toWrites(command: string, input: object): readonly Write[] {
  const { TransactItems } = input as { TransactItems?: readonly Record<string, WriteInput>[] }
  const inputs = TransactItems
    ? TransactItems.flatMap((item) => Object.entries(item))
    : [[command.replace(/Command$/, ''), input as WriteInput] as const]
  return inputs
    .filter(([name]) => !READS.includes(name))
    .map(([name, write]) => toWrite(name, write))
}

export interface TestRuntime {
  readonly runtime: AdminRuntime
  readonly table: string
  readonly secretsManager: LocalSecretsManager
  /** The commands sent to DynamoDB, in order. */
  readonly commands: string[]
  /** The lines of the log. */
  readonly lines: string[]
  /** The counts of metrics, as JSON. */
  readonly counts: string[]
  /** The units that each request to DynamoDB consumed. */
  readonly units: Units[]
  /** The time of the runtime's clock, in milliseconds since the epoch. Tests set it. */
  readonly time: { now: number }
  /** Returns false for a name in the table that is also a common word, which a log may contain by chance. */
  isPerson: (name: string) => boolean
  /** Stops the runtime. Fails if anything secret or personal was ever logged or counted. */
  stop(): Promise<void>
}

/**
 * Creates a runtime with its own table in DynamoDB Local, secrets, and a clock that the test sets.
 *
 * @param changes parts of the runtime to replace
 * @param options `hasStream`: the table has a stream, for tests that read it
 */
export async function aRuntime(
  changes: Partial<AdminRuntime> = {},
  options: { readonly hasStream?: boolean } = {},
): Promise<TestRuntime> {
  const [table, secretsManager] = await Promise.all([
    makeTable(options),
    startSecretsManager(SECRETS),
  ])
  const time = { now: NOW }
  const archive: string[] = []
  const { log, lines } = aLog(archive)
  const commands: string[] = []
  const { metrics, counts } = someMetrics(archive)
  const units: Units[] = []
  const documents = aDocumentClient()
  const stores = createStores(createTable(documents, table, (consumed) => units.push(consumed)))
  documents.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        commands.push(`${commandName}`)
        const output = await next(args)
        writing.getStore()?.push(...toWrites(`${commandName}`, args.input))
        return output
      },
    { step: 'initialize' },
  )
  const client = new SecretsManagerClient({
    endpoint: secretsManager.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    // Without retries, a kept connection that the server closes while idle would fail a request.
    requestHandler: { httpAgent: { keepAlive: false } },
  })
  const test: TestRuntime = {
    runtime: {
      ...stores,
      store: withIssuanceMetrics(stores.store, metrics),
      mail: { from: 'licenses@example.com', configurationSet: undefined },
      stage: 'test',
      catalog,
      secretCache: createSecretCache(
        secretReader(client),
        () => time.now,
        'test/older-master-keys',
      ),
      secretIds: {
        masterKeys: 'test/master-keys',
        olderMasterKeys: 'test/older-master-keys',
        pepper: 'test/pepper',
        adminToken: 'test/admin-token',
        signingKeys: 'test/signing-keys',
        stripe: 'test/stripe',
      },
      corsOrigins: ['http://localhost:5173', 'http://localhost:5174'],
      log,
      metrics,
      verifiesPerDay: async () => null,
      stripe: { livemode: false, apiBase: undefined },
      clock: () => time.now,
      prime: async () => {},
      ...changes,
    },
    table,
    secretsManager,
    commands,
    lines,
    counts,
    units,
    time,
    isPerson: (name) => name !== 'user' && !(name in catalog.tiers),
    async stop() {
      const people = peopleIn(await allItems(table)).filter((name) => test.isPerson(name))
      const secrets = [...Object.values(SECRETS), ...secretsManager.secrets.values()]
      await Promise.all([secretsManager.stop(), removeTable(table)])
      expect(leaksIn(archive, [...secrets.flatMap(toParts), ...people])).toEqual([])
    },
  }
  return test
}

/** Returns the named secrets as a handler gets them. Repeated calls of the result share what the middleware remembers. */
export function secretLoader<Name extends SecretName>(
  runtime: Pick<AdminRuntime, 'log' | 'secretCache' | 'secretIds'>,
  names: readonly Name[],
): () => Promise<Pick<Secrets, Name>> {
  const chain = middy<object, Pick<Secrets, Name>>()
    .use(secretsManager(runtime, names))
    .handler(async (_, { secrets }) => secrets)
  return () => chain({}, {} as never)
}
