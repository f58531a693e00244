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

/** A secret, and what is secret in one that is JSON. */
function partsOf(secret: string): string[] {
  try {
    return [secret, ...Object.values(JSON.parse(secret)).flat().map(String)]
  } catch {
    return [secret]
  }
}

/** A log that is kept, so that a test can read what nobody should. `told` keeps what a test removes from the lines. */
export function aLog(told: string[] = []) {
  const lines: string[] = []
  const write = (level: string) => (message: string, facts?: Record<string, unknown>) => {
    const line = JSON.stringify({ level, message, ...facts })
    lines.push(line)
    told.push(line)
  }
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') }
  return { log, lines }
}

/** Metrics that are kept, an entry a count. `told` keeps what a test removes from the counts. */
export function someMetrics(told: string[] = []) {
  const counts: string[] = []
  const metrics: Metrics = {
    count(name, about) {
      const count = JSON.stringify({ name, ...about })
      counts.push(count)
      told.push(count)
    },
    units: () => {},
    flush: () => {},
  }
  return { metrics, counts }
}

/** Something that was written, or removed, in the table. */
export interface Write {
  readonly command: string
  readonly pk: string
  /** What an update does; a whole item says nothing here. */
  readonly update: string | undefined
}

/** Gathers what is written on behalf of one request, where many are answered at once. */
export const writing = new AsyncLocalStorage<Write[]>()

interface Place {
  readonly Key?: { readonly pk: string }
  readonly Item?: { readonly pk: string }
  readonly UpdateExpression?: string
}

const toWrite = (command: string, { Key, Item, UpdateExpression }: Place): Write => ({
  command,
  pk: `${(Key ?? Item)?.pk}`,
  update: UpdateExpression,
})

const READS = ['BatchGetItem', 'ConditionCheck', 'GetItem', 'Query', 'Scan']

/** What a command that has succeeded wrote. One that was refused by its condition wrote nothing. */
function writesOf(command: string, input: object): readonly Write[] {
  const { TransactItems } = input as { TransactItems?: readonly Record<string, Place>[] }
  const places = TransactItems
    ? TransactItems.flatMap((item) => Object.entries(item))
    : [[command.replace(/Command$/, ''), input as Place] as const]
  return places
    .filter(([name]) => !READS.includes(name))
    .map(([name, place]) => toWrite(name, place))
}

export interface TestRuntime {
  readonly runtime: AdminRuntime
  readonly table: string
  readonly secretsManager: LocalSecretsManager
  /** What was asked of DynamoDB, in order. */
  readonly commands: string[]
  /** What was logged, a line an entry. */
  readonly lines: string[]
  /** What was counted, an entry a count. */
  readonly counts: string[]
  /** What was taken of the database, in the order of the requests. */
  readonly taken: Units[]
  /** The time by the runtime's clock, in milliseconds since the epoch. Tests move it. */
  readonly time: { now: number }
  /** Whether a name in the table is somebody's, rather than a word that a log may hold by chance. */
  isPerson: (name: string) => boolean
  /** Ends it. Fails when something secret or personal was ever logged or counted. */
  stop(): Promise<void>
}

/**
 * Creates everything that a function runs on: a table of its own in DynamoDB Local, secrets, and a clock that the test
 * moves.
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
  const told: string[] = []
  const { log, lines } = aLog(told)
  const commands: string[] = []
  const { metrics, counts } = someMetrics(told)
  const taken: Units[] = []
  const documents = aDocumentClient()
  const stores = createStores(createTable(documents, table, (units) => taken.push(units)))
  documents.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        commands.push(`${commandName}`)
        const done = await next(args)
        writing.getStore()?.push(...writesOf(`${commandName}`, args.input))
        return done
      },
    { step: 'initialize' },
  )
  const client = new SecretsManagerClient({
    endpoint: secretsManager.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
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
    taken,
    time,
    isPerson: (name) => name !== 'user' && !(name in catalog.tiers),
    async stop() {
      const people = peopleIn(await allItems(table)).filter((name) => test.isPerson(name))
      const secrets = [...Object.values(SECRETS), ...secretsManager.secrets.values()]
      await Promise.all([secretsManager.stop(), removeTable(table)])
      expect(leaksIn(told, [...secrets.flatMap(partsOf), ...people])).toEqual([])
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
