import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import getPort from 'get-port'
import { type BrowserServer, chromium } from 'playwright-core'
import { CHROMIUM } from '../../scripts/local/chromium.ts'
import { findJava } from '../../scripts/local/java.ts'
import { aCheckout, aUsersEnvironment } from './checkout.ts'
import { publish, SHARED_DIRECTORY, type SharedSystem } from './shared.ts'

const run = promisify(execFile)

/** The last line of `npm start` once the system is ready. */
const READY = 'Press Ctrl-C to stop.'
const PAUSE_MS = 100

declare global {
  var stopShared: (() => Promise<void>) | undefined
}

/** Starts the system and the browser that all e2e tests share. It does not wait for them. */
export default async function e2eSetup() {
  const directory = await mkdtemp(path.join(tmpdir(), 'license-authority-shared-'))
  // The checkout copies the built panel, so build it first: two builds at once would disturb each other.
  await run(process.execPath, ['scripts/panel/build.ts'])
  const stops: (() => Promise<unknown>)[] = []
  const parts = [publish(directory, 'system', startSystem(directory, stops))]
  if (CHROMIUM === undefined) {
    process.stderr.write('No Chromium is installed, so the tests in a browser are skipped.\n')
  } else {
    parts.push(publish(directory, 'browser', startBrowser(CHROMIUM, stops)))
  }
  process.env[SHARED_DIRECTORY] = directory
  globalThis.stopShared = async () => {
    await Promise.all(parts)
    for (const stop of stops.reverse()) await stop()
    await rm(directory, { recursive: true })
  }
}

async function startBrowser(executablePath: string, stops: (() => Promise<unknown>)[]) {
  const server: BrowserServer = await chromium.launchServer({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      // Tests fulfill pages without a server, and Chromium asks before such a page may call localhost.
      '--disable-features=LocalNetworkAccessChecks',
    ],
  })
  stops.push(() => server.close())
  return { endpoint: server.wsEndpoint() }
}

async function startSystem(
  directory: string,
  stops: (() => Promise<unknown>)[],
): Promise<SharedSystem> {
  const [checkout, java, port] = await Promise.all([
    aCheckout(),
    findJava('.local'),
    getPort({ host: '127.0.0.1' }),
  ])
  stops.push(() => checkout.remove())
  const log = path.join(directory, 'system.log')
  const file = await open(log, 'w')
  // Not by npm: the system ends by itself when its parent is killed, and npm would be that parent.
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    cwd: checkout.directory,
    env: aUsersEnvironment(java, { PORT: `${port}` }),
    stdio: ['ignore', file.fd, file.fd],
  })
  const exited = once(child, 'exit')
  stops.push(async () => {
    child.kill('SIGTERM')
    await exited
    await file.close()
  })
  const output = () => readFile(log, 'utf8')
  while (!(await output()).includes(READY)) {
    if (child.exitCode !== null) throw new Error(await output())
    await sleep(PAUSE_MS)
  }
  const guide = await output()
  const addressOf = (label: string) =>
    new RegExp(`${label} +(http:[^\\s,]+)`).exec(guide)?.[1] ?? ''
  return {
    url: `http://localhost:${port}`,
    port,
    dynamoDbUrl: addressOf('DynamoDB Local'),
    inboxUrl: addressOf('sent emails'),
    documentationUrl: addressOf('API documentation'),
    directory: checkout.directory,
    java,
    log,
  }
}
