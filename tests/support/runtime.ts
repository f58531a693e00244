import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { catalog } from '../../lib/catalog/catalog.ts'
import type { Log } from '../../lib/lambda/log.ts'
import type { Runtime } from '../../lib/lambda/runtime.ts'
import { createSecretCache } from '../../lib/lambda/secretCache.ts'
import { createDynamoStore } from '../../lib/store/dynamodb.ts'
import { createOutbox } from '../../lib/store/outbox.ts'
import { createRevocationStore } from '../../lib/store/revocations.ts'
import { createTokenStore } from '../../lib/store/tokens.ts'
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
  const counts: string[] = []
  const documents = aDocumentClient()
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
      store: createDynamoStore({ client: documents, table }),
      tokens: createTokenStore({ client: documents, table }),
      outbox: createOutbox({ client: documents, table }),
      mail: { from: 'licenses@example.com', configurationSet: undefined },
      revocations: createRevocationStore({ client: documents, table }),
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
      metrics: {
        count: (name, about) => void counts.push(JSON.stringify({ name, ...about })),
      },
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
    time,
    stop: () => secretsManager.stop(),
  }
}
