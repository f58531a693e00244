/**
 * The running system and the browser that all e2e tests share. The global setup starts them in the background, so that
 * other tests run meanwhile; a test waits for what it uses.
 */

import { existsSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium } from 'playwright-core'

/** A running system, started as `npm start` does from a checkout of the project. */
export interface SharedSystem {
  readonly url: string
  readonly port: number
  readonly dynamoDbUrl: string
  readonly inboxUrl: string
  readonly documentationUrl: string
  /** The checkout that it runs from. Only package.test.ts changes files in it. */
  readonly directory: string
  /** A command that starts Java. */
  readonly java: string
  /** The file that it prints to. */
  readonly log: string
}

interface SharedBrowser {
  readonly endpoint: string
}

interface Parts {
  readonly system: SharedSystem
  readonly browser: SharedBrowser
}

/** The variable with the directory in which each part leaves a file about itself. */
export const SHARED_DIRECTORY = 'TEST_SHARED'

const PAUSE_MS = 100

/** Publishes a part once it is ready, or the reason why it will never be. */
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
  // A reader must find the whole file or none.
  await rename(`${file}.new`, file)
}

/** Waits for a part. The time limit of the test ends the wait. */
async function shared<Name extends keyof Parts>(name: Name): Promise<Parts[Name]> {
  const file = path.join(`${process.env[SHARED_DIRECTORY]}`, name)
  while (!existsSync(file)) await sleep(PAUSE_MS)
  const { part, error } = JSON.parse(readFileSync(file, 'utf8'))
  if (error !== undefined) throw new Error(`The shared ${name} did not start: ${error}`)
  return part
}

/** Waits for the running system. */
export const sharedSystem = (): Promise<SharedSystem> => shared('system')

/** Returns what the system has printed so far. */
export const outputOf = ({ log }: SharedSystem): string => readFileSync(log, 'utf8')

/** Waits until the system has printed a text. */
export async function printed(system: SharedSystem, text: string): Promise<void> {
  while (!outputOf(system).includes(text)) await sleep(PAUSE_MS)
}

/** Connects to the browser. Its contexts share nothing with those of other test files. */
export async function sharedBrowser(): Promise<Browser> {
  const { endpoint } = await shared('browser')
  return chromium.connect(endpoint)
}
