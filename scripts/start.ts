/**
 * npm start: runs the system on this machine. The functions of serverless.yml run on Amazon's DynamoDB Local and keep their
 * data in `.local/`.
 */

import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DynamoDBBatchResponse } from 'aws-lambda'
import getPort from 'get-port'
import { startDocumentation } from './local/documentation.ts'
import { createTable, localClient, startDynamoDb } from './local/dynamodb.ts'
import { type Gateway, startGateway } from './local/gateway.ts'
import { startInbox } from './local/inbox.ts'
import { findJava } from './local/java.ts'
import { formatRouteGuide } from './local/routeGuide.ts'
import { followSchedule } from './local/schedule.ts'
import { startSecretsManager } from './local/secretsManager.ts'
import type { Server } from './local/server.ts'
import { LOCAL_STAGE, readService, type Service } from './local/service.ts'
import { createSteps } from './local/steps.ts'
import { followStream } from './local/stream.ts'

const LOCAL_DIRECTORY = '.local'

/** Secrets of the local stage. They are public. */
const LOCAL_SECRETS: Readonly<Record<string, string>> = {
  MASTER_KEYS_SECRET: 'dev_master_key',
  PEPPER_SECRET: 'dev_pepper',
  ADMIN_TOKEN_SECRET: 'dev_admin_token',
  SIGNING_KEYS_SECRET: 'dev_signing_key',
  STRIPE_SECRET: '{"webhookSecrets":["whsec_dev"]}',
}

const HOST = '127.0.0.1'
const PARENT_CHECK_MS = 500
/** Time limit of a start. A slow machine may need minutes. */
const START_LIMIT_MS = 5 * 60_000
/** Time limit of a stop. Parts that still run then end with this process. */
const STOP_LIMIT_MS = 15_000

const ending = new AbortController()
const step = createSteps({
  signal: ending.signal,
  limitMs: START_LIMIT_MS,
  print: (line) => console.log(line),
})

/** Started parts of the system, including those that are not ready yet. */
const started: Promise<Server>[] = []

/** Resolves with the name of the first part that ends. */
const partExited = Promise.withResolvers<string>()

/** Registers a part: it stops with the system, and the system stops when it exits. */
function register<Part extends Server>(name: string, starting: Promise<Part>): Promise<Part> {
  started.push(starting)
  starting.then(
    ({ exited }) => exited.then(() => partExited.resolve(name)),
    () => {},
  )
  return starting
}

/** Stops everything that was started, last first. */
async function stop(): Promise<void> {
  ending.abort()
  for (const starting of started.reverse()) {
    const part = await starting.catch(() => undefined)
    await part?.stop()
  }
}

async function findPort(): Promise<number> {
  const text = process.env['PORT'] ?? '8000'
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new Error(`PORT must be a number from 1 to 65535, not ${JSON.stringify(text)}.`)
  }
  const probe = createServer().listen(port, HOST)
  await once(probe, 'listening').catch((cause: Error) => {
    throw new Error(
      `Port ${port} cannot be used (${cause.message}): choose another one, for example PORT=8100 npm start.`,
      { cause },
    )
  })
  probe.close()
  await once(probe, 'close')
  return port
}

/** Returns the local secrets by the names in serverless.yml. */
function listSecrets({ functions }: Service): Record<string, string> {
  const environments = Object.values(functions).map(({ environment }) => environment ?? {})
  const names = Object.entries(Object.assign({}, ...environments) as Record<string, string>)
  return Object.fromEntries(
    names.flatMap(([variable, name]) => {
      const value = LOCAL_SECRETS[variable]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Starts DynamoDB Local and creates the table. */
async function startDatabase(port: number, directory: string, reading: Promise<Service>) {
  const java = await step('Java', (signal) => findJava(LOCAL_DIRECTORY, signal))
  const dynamoDb = await step('DynamoDB Local', (signal) =>
    register('DynamoDB Local', startDynamoDb(java, { directory, port, signal })),
  )
  const client = localClient(dynamoDb.url)
  const table = (await reading).resources.Resources.Table.Properties
  await step('the table', (signal) => createTable(client, table, signal))
  return { client, table }
}

/** Starts the functions, Secrets Manager and the inbox. */
async function startFunctions(port: number, dynamoDbUrl: string, reading: Promise<Service>) {
  const service = await reading
  const secretsManager = await register(
    'Secrets Manager',
    startSecretsManager(listSecrets(service)),
  )
  const inboxPort = await getPort({ host: HOST, port: port + 2 })
  const inbox = await register('the inbox', startInbox(inboxPort))
  const gateway = await step('the functions', () =>
    register(
      'the gateway',
      startGateway({
        service,
        port,
        directory: `${LOCAL_DIRECTORY}/functions`,
        variables: {
          AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
          AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
          AWS_ENDPOINT_URL_SESV2: inbox.url,
        },
      }),
    ),
  )
  return { gateway, inbox }
}

/** Invokes the functions that serverless.yml subscribes to the table's stream or to a schedule. */
async function startEvents(
  { functions }: Service,
  gateway: Gateway,
  { client, table }: Awaited<ReturnType<typeof startDatabase>>,
  dynamoDbUrl: string,
): Promise<void> {
  for (const [key, { events }] of Object.entries(functions)) {
    for (const { stream, schedule } of events) {
      if (stream) {
        const invoke = (Records: object) =>
          gateway.invoke(key, { Records }) as Promise<DynamoDBBatchResponse>
        await register(
          `the stream of ${key}`,
          followStream(client, dynamoDbUrl, table.TableName, invoke),
        )
      }
      if (schedule !== undefined) {
        const invoke = () => gateway.invoke(key, { source: 'aws.events' })
        await register(`the schedule of ${key}`, Promise.resolve(followSchedule(schedule, invoke)))
      }
    }
  }
}

async function start(): Promise<void> {
  const port = await findPort()
  const data = `${LOCAL_DIRECTORY}/dynamodb`
  await mkdir(data, { recursive: true })
  console.log('Starting ...')
  const dynamoDbPort = await getPort({ host: HOST })
  const dynamoDbUrl = `http://${HOST}:${dynamoDbPort}`
  const reading = step('serverless.yml', (signal) => readService(LOCAL_STAGE, signal))
  const [database, { gateway, inbox }] = await Promise.all([
    startDatabase(dynamoDbPort, data, reading),
    startFunctions(port, dynamoDbUrl, reading),
  ])
  await step('the first response', async (signal) => {
    const { status } = await fetch(`http://${HOST}:${port}/health`, { signal })
    if (status !== 200) throw new Error(`GET /health returned ${status}.`)
  })
  await startEvents(await reading, gateway, database, dynamoDbUrl)
  const documentationPort = await getPort({ host: HOST, port: port + 1 })
  const documentation = await register(
    'the documentation',
    startDocumentation(documentationPort, gateway.url),
  )
  const addresses = {
    api: gateway.url,
    documentation: documentation.url,
    inbox: inbox.url,
    dynamoDb: dynamoDbUrl,
  }
  ending.signal.throwIfAborted()
  console.log(formatRouteGuide(addresses, data))
  const ended = await Promise.race([partExited.promise, once(ending.signal, 'abort')])
  if (typeof ended === 'string') throw new Error(`Stopped because ${ended} exited.`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => ending.abort())
}
// A killed parent forwards no signal.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) ending.abort()
}, PARENT_CHECK_MS).unref()

try {
  await start()
} catch (error) {
  if (!ending.signal.aborted) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
} finally {
  await Promise.race([stop(), sleep(STOP_LIMIT_MS)])
  process.exit()
}
