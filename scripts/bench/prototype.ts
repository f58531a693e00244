/** The Flask prototype, rebuilt from the document that it is in. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import getPort from 'get-port'
import type { Server } from '../local/server.ts'
import { childOf } from './processor.ts'

const FILES = ['license_service.py', 'webhook_handler.py', 'app.py']
const NEEDED = 'import flask, flask_cors, dotenv'
/** Its routes for licenses do not use Stripe; it only has to be there to be imported. */
const NO_STRIPE = 'api_key = None\n'
const TRIES = 100
const PAUSE_MS = 100

/** Why it cannot be measured here, or undefined when it can. */
export function whyNoPrototype(document: string | undefined): string | undefined {
  if (document === undefined) return 'no document of it was given with `--prototype`'
  if (spawnSync('python3', ['-c', NEEDED]).status !== 0) {
    return 'this machine has no python3 with flask, flask_cors and dotenv'
  }
  return
}

/** Starts it as its document has it, debugger and all, but for this machine only. */
export async function startPrototype(
  document: string,
): Promise<Server & { pid: number | undefined }> {
  const text = await readFile(document, 'utf8')
  const directory = await mkdtemp(path.join(tmpdir(), 'prototype-'))
  for (const file of FILES) {
    const [, code] = text.split(`### ${file}\n\n\`\`\`python\n`)
    if (code === undefined) throw new Error(`The document has no ${file}`)
    const [source = ''] = code.replace("host='0.0.0.0'", "host='127.0.0.1'").split('\n```')
    await writeFile(path.join(directory, file), source)
  }
  await writeFile(path.join(directory, 'stripe.py'), NO_STRIPE)
  const port = await getPort({ host: '127.0.0.1' })
  const child = spawn('python3', ['app.py'], {
    cwd: directory,
    env: {
      ...process.env,
      MASTER_KEY: 'bench_master_key',
      STRIPE_WEBHOOK_SECRET: 'whsec_bench',
      PORT: `${port}`,
    },
    stdio: 'ignore',
  })
  const exited = once(child, 'exit').then(() => {})
  const server = {
    url: `http://127.0.0.1:${port}`,
    /** Of the process that answers. */
    get pid() {
      return childOf(child.pid) ?? child.pid
    },
    exited,
    async stop() {
      // As by Ctrl-C: by any other signal the debugger leaves behind the process that answers.
      child.kill('SIGINT')
      await exited
      await rm(directory, { recursive: true, force: true })
    },
  }
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const isThere = await fetch(`${server.url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isThere) return server
    await sleep(PAUSE_MS)
  }
  await server.stop()
  throw new Error('The prototype did not start')
}
