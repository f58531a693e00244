import { execFile } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import getPort from 'get-port'
import { findJava } from '../../scripts/local/java.ts'
import {
  aCheckout,
  aCommand,
  aUsersEnvironment,
  type Checkout,
  type Command,
} from '../support/checkout.ts'

const run = promisify(execFile)

let checkout: Checkout
let java: string
let port: number
let url: string

beforeAll(async () => {
  ;[checkout, java, port] = await Promise.all([
    aCheckout(),
    findJava('.local'),
    getPort({ host: '127.0.0.1' }),
  ])
  url = `http://localhost:${port}`
})
afterAll(() => checkout.remove())

const environment = (changes: NodeJS.ProcessEnv = {}) =>
  aUsersEnvironment(java, { PORT: `${port}`, ...changes })

async function post(route: string, body: object) {
  const response = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer dev_admin_token' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as Record<string, unknown>
}

describe('npm start', () => {
  let command: Command
  async function start() {
    command = aCommand('npm', ['start'], { cwd: checkout.directory, env: environment() })
    await command.prints('Press Ctrl-C to stop.')
  }
  beforeAll(start)

  it('rebuilds a function after each way to save a file', async () => {
    const source = path.join(checkout.directory, 'functions/health.ts')
    const before = await readFile(source, 'utf8')
    const withStatus = (word: string) => before.replace("status: 'healthy'", `status: '${word}'`)
    const status = async () =>
      ((await (await fetch(`${url}/health`)).json()) as { status: string }).status
    /** Polls the status, since the operating system may report a change a moment later. */
    const waitFor = async (expected: string) => {
      while ((await status()) !== expected) await sleep(100)
    }
    await writeFile(source, withStatus('written'))
    await waitFor('written')
    // Many editors write a new file and rename it.
    await writeFile(`${source}~`, withStatus('renamed'))
    await rename(`${source}~`, source)
    await waitFor('renamed')

    await writeFile(source, 'const')
    await command.prints('The functions still run the previous build.')
    expect(command.output()).toContain('functions/health.ts:1:5: ERROR')
    expect(await status()).toBe('renamed')
    await writeFile(source, before)
    await waitFor('healthy')
  })

  it('leaves no process on exit, and keeps the data for the next start', async () => {
    const { license } = await post('/api/generate', { userId: 'user_restart', tier: 'pro' })
    command.signal('SIGINT')
    await command.exited
    expect(await command.left()).toEqual([])
    await expect(fetch(url)).rejects.toThrow()
    expect(await readdir(path.join(checkout.directory, '.local/dynamodb'))).not.toHaveLength(0)

    await start()
    expect(await post('/api/verify', { license })).toMatchObject({
      valid: true,
      userId: 'user_restart',
    })
  })

  it('exits if only npm receives a signal', async () => {
    command.signal('SIGTERM', 'first')
    await command.exited
    await expect(fetch(url)).rejects.toThrow()
    expect(await command.left()).toEqual([])
  })
})

describe('an interrupted npm start', () => {
  /** Creates a replacement for Java that runs a script. */
  async function aJava(script: string): Promise<string> {
    const home = await mkdtemp(path.join(checkout.directory, 'java-'))
    await mkdir(path.join(home, 'bin'))
    const file = path.join(home, 'bin/java')
    await writeFile(
      file,
      `#!/bin/sh\n[ "$1" = -version ] && echo 'openjdk version "17.0.1"' >&2 && exit\n${script}\n`,
    )
    await chmod(file, 0o755)
    return home
  }

  const started = (env: NodeJS.ProcessEnv = {}) =>
    aCommand(process.execPath, ['scripts/start.ts'], {
      cwd: checkout.directory,
      env: environment(env),
    })

  it('leaves no process after SIGKILL', async () => {
    const killed = started()
    await killed.prints('Press Ctrl-C to stop.')
    killed.signal('SIGKILL', 'first')
    expect(await killed.left()).toEqual([])
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves no process after %s while it waits for DynamoDB Local',
    async (signal) => {
      const waiting = started({ JAVA_HOME: await aJava('exec sleep 600') })
      await waiting.prints('Waiting for DynamoDB Local (5 s) ...')
      waiting.signal(signal, 'first')
      expect(await waiting.exited).toBe(signal === 'SIGTERM' ? 0 : null)
      expect(await waiting.left()).toEqual([])
    },
  )

  it('prints the error of DynamoDB Local', async () => {
    const failed = started({ JAVA_HOME: await aJava('echo reason >&2; exit 1') })
    expect(await failed.exited).toBe(1)
    expect(failed.output().trim().split('\n').at(-1)).toBe(
      'DynamoDB Local exited during its start: reason',
    )
    expect(await failed.left()).toEqual([])
  })

  it('prints the error of a failed build, and leaves no process', async () => {
    const source = path.join(checkout.directory, 'functions/health.ts')
    const before = await readFile(source, 'utf8')
    await writeFile(source, 'const')
    try {
      const failed = started()
      expect(await failed.exited).toBe(1)
      expect(failed.output()).toContain('functions/health.ts:1:5: ERROR')
      expect(await failed.left()).toEqual([])
    } finally {
      await writeFile(source, before)
    }
  })
})

describe('the environment of npm start', () => {
  const fails = async (env: NodeJS.ProcessEnv) => {
    const failed = aCommand(process.execPath, ['scripts/start.ts'], {
      cwd: checkout.directory,
      env,
    })
    const code = await failed.exited
    expect(await failed.left()).toEqual([])
    return { code, output: failed.output().trim() }
  }

  it('needs a free port', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const taken = (other.address() as { port: number }).port
    const { code, output } = await fails(environment({ PORT: `${taken}` })).finally(() =>
      other.close(),
    )
    expect(code).toBe(1)
    expect(output).toMatch(
      /^Port \d+ cannot be used .*: choose another one, for example PORT=8100 npm start\.$/,
    )
  })

  it('needs a valid port', async () => {
    expect(await fails(environment({ PORT: 'abc' }))).toEqual({
      code: 1,
      output: 'PORT must be a number from 1 to 65535, not "abc".',
    })
  })

  it('needs Java, and lists commands to install it in one line', async () => {
    const { code, output } = await fails({
      PORT: `${port}`,
      PATH: path.join(checkout.directory, 'node_modules/.bin'),
      HTTPS_PROXY: 'http://127.0.0.1:1',
    })
    expect(code).toBe(1)
    expect(output.split('\n').at(-1)).toMatch(
      /^DynamoDB Local needs a Java runtime \(11 or newer\).*: install one, for example with /,
    )
    expect(output).not.toMatch(/\n +at /)
  })

  it('may have a Java from an earlier download', async () => {
    const bin = path.join(checkout.directory, '.local/jre/jdk-17/bin')
    await mkdir(bin, { recursive: true })
    const real = path.isAbsolute(java)
      ? java
      : (await run('sh', ['-c', 'command -v java'])).stdout.trim()
    await writeFile(path.join(bin, 'java'), `#!/bin/sh\nexec '${real}' "$@"\n`)
    await chmod(path.join(bin, 'java'), 0o755)
    // A PATH with a shell and without Java.
    const tools = path.join(checkout.directory, 'tools')
    await mkdir(tools)
    await symlink('/bin/sh', path.join(tools, 'sh'))
    const PATH = [path.join(checkout.directory, 'node_modules/.bin'), tools].join(':')
    const command = aCommand(process.execPath, ['scripts/start.ts'], {
      cwd: checkout.directory,
      env: { PORT: `${port}`, PATH, HTTPS_PROXY: 'http://127.0.0.1:1' },
    })
    await command.prints('Press Ctrl-C to stop.')
    // Signals the process itself, as a process manager does without npm.
    command.signal('SIGTERM', 'first')
    expect(await command.exited).toBe(0)
    expect(await command.left()).toEqual([])
  })
})
