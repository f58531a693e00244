/**
 * npm start: the whole system on this machine. The functions run from the serverless.yml that is deployed, on the
 * real DynamoDB Local, and keep their data in `.local/`.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DynamoDBBatchResponse } from 'aws-lambda'
import getPort from 'get-port'
import { startDocumentation } from './local/documentation.ts'
import { createTable, localClient, startDynamoDb } from './local/dynamodb.ts'
import { startInbox } from './local/inbox.ts'
import { findJava } from './local/java.ts'
import { routeGuide } from './local/routeGuide.ts'
import { startSecretsManager } from './local/secretsManager.ts'
import type { Server } from './local/server.ts'
import { LOCAL_STAGE, readService, SERVERLESS, type Service } from './local/service.ts'
import { followStream } from './local/stream.ts'

const LOCAL_DIRECTORY = '.local'

/** For this machine only, and known to everybody. */
const LOCAL_SECRETS: Readonly<Record<string, string>> = {
  MASTER_KEYS_SECRET: 'dev_master_key',
  PEPPER_SECRET: 'dev_pepper',
  ADMIN_TOKEN_SECRET: 'dev_admin_token',
  SIGNING_KEYS_SECRET: 'dev_signing_key',
  STRIPE_SECRET: '{"webhookSecrets":["whsec_dev"]}',
}

const HOST = '127.0.0.1'
const PARENT_CHECK_MS = 500
const READY_TRIES = 600
const READY_PAUSE_MS = 100

const running: Server[] = []
let stopping: Promise<void> | undefined

/** Ends everything that was started, last first. */
function stop(): Promise<void> {
  stopping ??= (async () => {
    for (const server of running.reverse()) await server.stop()
  })()
  return stopping
}

async function keep<T extends Server>(starting: Promise<T>): Promise<T> {
  const server = await starting
  running.push(server)
  return server
}

async function freePort(): Promise<number> {
  const text = process.env['PORT'] ?? '8000'
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new Error(`PORT must be a number from 1 to 65535, not ${JSON.stringify(text)}.`)
  }
  const probe = createServer().listen(port, HOST)
  await once(probe, 'listening').catch((cause: Error) => {
    throw new Error(
      `Port ${port} cannot be used (${cause.message}): choose another one, as in PORT=8100 npm start.`,
      { cause },
    )
  })
  probe.close()
  await once(probe, 'close')
  return port
}

/** The secrets under the names that the functions are given. */
function secretsOf({ functions }: Service): Record<string, string> {
  const environments = Object.values(functions).map(({ environment }) => environment ?? {})
  const names = Object.entries(Object.assign({}, ...environments) as Record<string, string>)
  return Object.fromEntries(
    names.flatMap(([variable, name]) => {
      const value = LOCAL_SECRETS[variable]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Calls a function by its name, as the AWS SDK does. */
async function invoke(lambdaPort: number, name: string, event: object) {
  const url = `http://${HOST}:${lambdaPort}/2015-03-31/functions/${name}/invocations`
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(event) })
  if (!response.ok) throw new Error(`${name} answered ${response.status}`)
  return response.json() as Promise<DynamoDBBatchResponse>
}

/** The functions that the table's stream calls. */
const followersIn = ({ functions }: Service) =>
  Object.values(functions).filter(({ events }) => events.some(({ stream }) => stream))

async function startFunctions(
  port: number,
  lambdaPort: number,
  endpoints: Record<string, string>,
): Promise<Server> {
  const options = ['--host', HOST, '--httpPort', `${port}`, '--lambdaPort', `${lambdaPort}`]
  const child = spawn(
    process.execPath,
    [SERVERLESS, 'offline', 'start', '--stage', LOCAL_STAGE, ...options],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        ...endpoints,
      },
    },
  )
  const exited = once(child, 'exit').then(() => {})
  const server: Server = {
    url: `http://localhost:${port}`,
    exited,
    async stop() {
      child.kill()
      const killed = setTimeout(() => child.kill('SIGKILL'), 5000)
      await exited
      clearTimeout(killed)
    },
  }

  let held: string[] | undefined = []
  const show = (chunk: Buffer) => {
    if (held) held.push(chunk.toString())
    else process.stdout.write(chunk)
  }
  child.stdout.on('data', show)
  child.stderr.on('data', show)
  const started = await Promise.race([
    healthy(`http://${HOST}:${port}/health`),
    exited.then(() => false),
  ])
  const startOutput = held.join('')
  held = undefined
  if (!started && !stopping) throw new Error(`The functions did not start.\n${startOutput}`)
  return server
}

async function healthy(url: string): Promise<boolean> {
  for (let attempt = 1; attempt <= READY_TRIES; attempt++) {
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return true
    await sleep(READY_PAUSE_MS)
  }
  return false
}

async function start(): Promise<void> {
  const port = await freePort()
  const data = `${LOCAL_DIRECTORY}/dynamodb`
  await mkdir(data, { recursive: true })
  console.log('Starting ...')
  const [service, dynamoDb] = await Promise.all([
    readService(),
    findJava(LOCAL_DIRECTORY).then((java) => keep(startDynamoDb(java, data))),
  ])
  const client = localClient(dynamoDb.url)
  const table = service.resources.Resources.Table.Properties
  await createTable(client, table)
  const secretsManager = await keep(startSecretsManager(secretsOf(service)))
  const inbox = await keep(startInbox(await getPort({ host: HOST, port: port + 2 })))
  const lambdaPort = await getPort({ host: HOST })
  const functions = await keep(
    startFunctions(port, lambdaPort, {
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      AWS_ENDPOINT_URL_SESV2: inbox.url,
    }),
  )
  for (const { name } of followersIn(service)) {
    const call = (Records: object) => invoke(lambdaPort, name, { Records })
    await keep(followStream(client, dynamoDb.url, table.TableName, call))
  }
  const documentationPort = await getPort({ host: HOST, port: port + 1 })
  const documentation = await keep(startDocumentation(documentationPort, functions.url))
  const addresses = {
    api: functions.url,
    documentation: documentation.url,
    inbox: inbox.url,
    dynamoDb: dynamoDb.url,
  }
  if (!stopping) console.log(routeGuide(addresses, data))
  await Promise.race(running.map(({ exited }) => exited))
  if (!stopping) throw new Error('A part of the system ended, so the rest was stopped.')
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void stop())
}
// A parent that was killed cannot pass a signal on.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) void stop()
}, PARENT_CHECK_MS).unref()

try {
  await start()
} catch (error) {
  if (!stopping) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
} finally {
  await stop()
  process.exit()
}
