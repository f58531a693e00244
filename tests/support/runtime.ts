import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { catalog } from '../../lib/catalog/catalog.ts'
import { counted } from '../../lib/lambda/counted.ts'
import type { Log } from '../../lib/lambda/log.ts'
import type { Metrics } from '../../lib/lambda/metrics.ts'
import type { Runtime } from '../../lib/lambda/runtime.ts'
import { createSecretCache } from '../../lib/lambda/secretCache.ts'
import { meter, type Units } from '../../lib/store/meter.ts'
import { createStores } from '../../lib/store/stores.ts'
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../scripts/local/secretsManager.ts'
import { NOW } from './licenses.ts'
import { aDocumentClient, aTable } from './table.ts'

export const SECRETS = {
  'test/master-keys': 'test_master_key',
  'test/pepper': 'test_pepper',
  'test/admin-token': 'test_admin_token',
  'test/signing-keys': 'test_signing_key',
  'test/stripe': '{"webhookSecrets":["whsec_test"]}',
}

/** A log that is kept, so that a test can read what nobody should. */
export function aLog() {
  const lines: string[] = []
  const write = (level: string) => (message: string, facts?: Record<string, unknown>) => {
    lines.push(JSON.stringify({ level, message, ...facts }))
  }
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') }
  return { log, lines }
}

/** Metrics that are kept, an entry a count. */
export function someMetrics() {
  const counts: string[] = []
  const metrics: Metrics = {
    count: (name, about) => void counts.push(JSON.stringify({ name, ...about })),
    units: () => {},
    close: () => {},
  }
  return { metrics, counts }
}

export interface TestRuntime {
  readonly runtime: Runtime
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
  stop(): Promise<void>
}

/** Everything a function runs on: a table of its own in DynamoDB Local, secrets, and a clock that stands. */
export async function aRuntime(changes: Partial<Runtime> = {}): Promise<TestRuntime> {
  const [table, secretsManager] = await Promise.all([aTable(), startSecretsManager(SECRETS)])
  const time = { now: NOW }
  const { log, lines } = aLog()
  const commands: string[] = []
  const { metrics, counts } = someMetrics()
  const taken: Units[] = []
  const documents = aDocumentClient()
  meter(documents, (units) => taken.push(units))
  const stores = createStores({ client: documents, table })
  documents.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        commands.push(`${commandName}`)
        return next(args)
      },
    { step: 'initialize' },
  )
  const client = new SecretsManagerClient({
    endpoint: secretsManager.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  return {
    runtime: {
      ...stores,
      store: counted(stores.store, metrics),
      mail: { from: 'licenses@example.com', configurationSet: undefined },
      stage: 'test',
      catalog,
      secretCache: createSecretCache(client, () => time.now),
      secretIds: {
        masterKeys: 'test/master-keys',
        pepper: 'test/pepper',
        adminToken: 'test/admin-token',
        signingKeys: 'test/signing-keys',
        stripe: 'test/stripe',
      },
      corsOrigins: ['http://localhost:5173', 'http://localhost:5174'],
      log,
      metrics,
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
    stop: () => secretsManager.stop(),
  }
}
