/**
 * The system and the browser that all e2e tests share. The global setup starts them in the background, and each test
 * waits for the part that it uses.
 */

import { existsSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium } from 'playwright-core'

/** A system that `npm start` runs in a checkout of the project. */
export interface SharedSystem {
  readonly url: string
  readonly port: number
  readonly dynamoDbUrl: string
  readonly inboxUrl: string
  readonly documentationUrl: string
  /** The checkout. Only package.test.ts changes files in it. */
  readonly directory: string
  /** A command that starts Java. */
  readonly java: string
  /** The file with its output. */
  readonly log: string
}

interface SharedBrowser {
  readonly endpoint: string
}

interface Parts {
  readonly system: SharedSystem
  readonly browser: SharedBrowser
}

/** The environment variable with the directory of the published parts. */
export const SHARED_DIRECTORY = 'TEST_SHARED'

const PAUSE_MS = 100

/** Publishes a part once it is ready, or its error. */
export async function publish<Name extends keyof Parts>(
  directory: string,
  name: Name,
  starting: Promise<Parts[Name]>,
): Promise<void> {
  const state = await starting.then(
    (part) => ({ part }),
    (error: Error) => ({ error: error.message }),
  )
  const file = path.join(directory, name)
  await writeFile(`${file}.new`, JSON.stringify(state))
  // Readers must never see a partial file.
  await rename(`${file}.new`, file)
}

/** Waits for a part, up to the timeout of the test. */
async function shared<Name extends keyof Parts>(name: Name): Promise<Parts[Name]> {
  const file = path.join(`${process.env[SHARED_DIRECTORY]}`, name)
  while (!existsSync(file)) await sleep(PAUSE_MS)
  const { part, error } = JSON.parse(readFileSync(file, 'utf8'))
  if (error !== undefined) throw new Error(`The shared ${name} did not start: ${error}`)
  return part
}

/** Waits for the running system. */
export const sharedSystem = (): Promise<SharedSystem> => shared('system')

/** Returns the output of the system so far. */
export const outputOf = ({ log }: SharedSystem): string => readFileSync(log, 'utf8')

/** Waits until the output of the system contains a text. */
export async function printed(system: SharedSystem, text: string): Promise<void> {
  while (!outputOf(system).includes(text)) await sleep(PAUSE_MS)
}

/** Connects to the browser. Test files share it, but not its contexts. */
export async function sharedBrowser(): Promise<Browser> {
  const { endpoint } = await shared('browser')
  return chromium.connect(endpoint)
}
