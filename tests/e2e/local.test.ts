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
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import getPort from 'get-port'
import { localClient } from '../../scripts/local/dynamodb.ts'
import { findJava } from '../../scripts/local/java.ts'
import {
  aCheckout as aCheckoutOfTheProject,
  aCommand,
  aUsersEnvironment,
  type Checkout,
  type Command,
} from '../support/checkout.ts'
import { leaksIn, peopleIn } from '../support/leaks.ts'
import { aCheckout, aSignature } from '../support/stripe.ts'

const run = promisify(execFile)

const MINUTES = 60_000
const TABLE = 'license-authority-local'
const PAGE = 'http://localhost:5173'

/** The three commands of the prototype's document, on its port. */
const SEED = {
  health: 'curl http://localhost:8000/health',
  generate: `curl -X POST http://localhost:8000/api/generate \\
  -H "Content-Type: application/json" \\
  -d '{
    "userId": "user_123",
    "userEmail": "user@example.com",
    "tier": "pro",
    "duration": 30
  }'`,
  verify: `curl -X POST http://localhost:8000/api/verify \\
  -H "Content-Type: application/json" \\
  -d '{
    "license": "QF-PRO-xxxxxxxxxxxx-1234567890",
    "timestamp": 1704067200000
  }'`,
}

let checkout: Checkout
let java: string
let port: number
let url: string
let command: Command

/** Everything that was started here, for what it printed. */
const started: Command[] = []
/** Everything that was sent and answered. */
const heard: string[] = []
/** Everybody whom the table told of. */
const people: string[] = []

const environment = (changes: NodeJS.ProcessEnv = {}) =>
  aUsersEnvironment(java, { PORT: `${port}`, ...changes })

async function start() {
  command = aCommand('npm', ['start'], { cwd: checkout.directory, env: environment() })
  started.push(command)
  await command.prints('Ctrl-C ends it.')
}

beforeAll(async () => {
  ;[checkout, java, port] = await Promise.all([
    aCheckoutOfTheProject(),
    findJava('.local'),
    getPort({ host: '127.0.0.1' }),
  ])
  url = `http://localhost:${port}`
  await start()
}, 3 * MINUTES)

afterAll(async () => {
  command.signal('SIGKILL')
  await command.exited
  await checkout.remove()
})

async function curl(line: string): Promise<{ status: number; body: string }> {
  const { stdout } = await run('sh', ['-c', `${line} -s -w '\\n%{http_code}'`], {
    cwd: checkout.directory,
  })
  heard.push(line, stdout)
  const [, body = '', status] = /^([\s\S]*)\n(\d{3})$/.exec(stdout) ?? []
  return { status: Number(status), body }
}

const here = (line: string) => line.replaceAll('http://localhost:8000', url)

async function post(route: string, body: unknown, headers: Record<string, string> = {}) {
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: sent,
  })
  const text = await response.text()
  heard.push(sent, JSON.stringify(headers), text)
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

const TOKEN = { authorization: 'Bearer dev_admin_token' }

const generate = (body: object) => post('/api/generate', body, TOKEN)

describe('the commands of the prototype', () => {
  it('say that the service is healthy', async () => {
    const { status, body } = await curl(here(SEED.health))
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({ status: 'healthy', service: 'license-generation' })
  })

  it('issue a license that verifies', async () => {
    const asked = Date.now()
    const line = `${here(SEED.generate)} -H "Authorization: Bearer dev_admin_token"`
    const issued = await curl(line)
    expect(issued.status).toBe(200)
    const license = JSON.parse(issued.body)
    expect(license).toMatchObject({
      success: true,
      license: expect.stringMatching(/^QF-PRO-[0-9a-f]{12}-\d{10}$/),
      tier: 'pro',
      userId: 'user_123',
      userEmail: 'user@example.com',
      paymentIntentId: null,
    })
    expect(Math.abs(license.generatedAt - asked)).toBeLessThan(10 * MINUTES)
    expect(license.expiresAt - license.generatedAt).toBe(30 * 24 * 60 * MINUTES)

    const typed = here(SEED.verify).replace('QF-PRO-xxxxxxxxxxxx-1234567890', license.license)
    const verified = await curl(typed)
    expect(verified.status).toBe(200)
    expect(JSON.parse(verified.body)).toMatchObject({
      valid: true,
      tier: 'pro',
      expiresAt: license.expiresAt,
      userId: 'user_123',
      features: license.features,
    })
  })

  it('issue nothing without the token', async () => {
    expect((await curl(here(SEED.generate))).status).toBe(401)
  })
})

describe('the browser client of the prototype', () => {
  const preflight = (route: string, headers: string) =>
    fetch(`${url}${route}`, {
      method: 'OPTIONS',
      headers: {
        origin: PAGE,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers,
      },
    })

  it.each([
    ['/api/verify', 'content-type'],
    [
      '/api/generate',
      'authorization,content-type,idempotency-key,x-origin,x-payment-provider,x-request-type,x-version',
    ],
  ])('may call %s with the headers %s', async (route, headers) => {
    const answer = await preflight(route, headers)
    expect(answer.ok).toBe(true)
    expect(answer.headers.get('access-control-max-age')).toBe('7200')
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST')
    const other = await fetch(`${url}/health`, { headers: { origin: PAGE } })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
    const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase().split(/, ?/)
    expect(allowed).toEqual(expect.arrayContaining(headers.split(',')))
  })

  it('buys and verifies with all that it sends', async () => {
    const sent = {
      'x-origin': 'web',
      'x-payment-provider': 'stripe',
      'x-request-type': 'license',
      'x-version': '1',
    }
    const order = {
      userId: 'user_browser',
      userEmail: 'user@example.com',
      tier: 'elite',
      duration: 30,
      paymentIntentId: 'pi_browser',
      timestamp: Date.now(),
    }
    const issued = await post('/api/generate', order, { ...TOKEN, ...sent, origin: PAGE })
    expect(issued.status).toBe(200)
    expect(issued.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(issued.headers.get('vary')).toBe('Origin')
    const body = { license: issued.json().license, timestamp: Date.now(), origin: PAGE }
    const verified = await post('/api/verify', body, { origin: PAGE })
    expect(verified.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(verified.json()).toMatchObject({
      valid: true,
      tier: 'elite',
      expiresAt: issued.json().expiresAt,
      userId: 'user_browser',
      features: expect.arrayContaining(['unlimited_agents']),
    })
  })
})

describe('the webhook', () => {
  const event = JSON.stringify(aCheckout({ id: 'cs_e2e', payment_intent: 'pi_e2e' }))
  const signed = (secret?: string) =>
    aSignature(event, { secret: secret ?? 'whsec_dev', at: Date.now() })

  it('issues the license that the vendor’s server then asks for', async () => {
    const answer = await post('/webhooks/stripe', event, { 'stripe-signature': signed() })
    expect([answer.status, answer.json()]).toMatchObject([
      200,
      { received: true, effect: 'issued', alerts: [] },
    ])
    const order = { userId: 'user_123', tier: 'pro', paymentIntentId: 'pi_e2e' }
    const issued = await generate(order)
    expect(issued.json()).toMatchObject({ success: true, userEmail: 'buyer@example.com' })
    expect((await generate(order)).json().license).toBe(issued.json().license)
  })

  it('refuses what Stripe did not sign', async () => {
    const forged = { 'stripe-signature': signed('whsec_other') }
    expect((await post('/webhooks/stripe', event, forged)).status).toBe(400)
  })
})

async function stripeSend(...args: string[]) {
  const sent = aCommand('npm', ['run', '-s', 'stripe:send', '--', ...args, '--url', url], {
    cwd: checkout.directory,
    env: environment(),
  })
  const code = await sent.exited
  heard.push(sent.output())
  return { code, lines: sent.output().trim().split('\n') }
}

describe('npm run stripe:send', () => {
  const keyIn = (lines: readonly string[]) =>
    lines.map((line) => /^ {2}key (QF-\S+)$/.exec(line)?.[1]).find(Boolean)

  it('sells a license, takes the money back, and shows what verify says each time', async () => {
    const purchase = ['--purchase', 'e2e_once', '--tier', 'pro', '--user', 'user_9']
    const bought = await stripeSend('checkout.session.completed', ...purchase)
    expect(bought.code).toBe(0)
    expect(bought.lines.at(-1)).toMatch(
      /checkout\.session\.completed +license issued +VALID pro active/,
    )
    const license = keyIn(bought.lines)
    expect((await post('/api/verify', { license })).json()).toMatchObject({ userId: 'user_9' })

    const refunded = await stripeSend('charge.refunded', ...purchase)
    expect(keyIn(refunded.lines)).toBe(license)
    expect(refunded.lines.at(-1)).toMatch(/charge\.refunded +license changed +REVOKED$/)
    expect((await post('/api/verify', { license })).json()).toMatchObject({ code: 'REVOKED' })
  })

  it('plays the whole life of a subscription', async () => {
    const { code, lines } = await stripeSend('--scenario', 'life', '--stripe-version', 'hybrid')
    expect(code).toBe(0)
    const seen = lines.flatMap((line) => / {2}([A-Z]{5,}[ \w]*?)( until.*)?$/.exec(line)?.[1] ?? [])
    expect(seen.filter((state, index) => state !== seen[index - 1])).toEqual([
      'PENDING',
      'VALID pro active',
      'VALID pro grace',
      'VALID pro active',
      'VALID elite active',
      'SUSPENDED',
      'VALID elite active',
      'VALID elite canceling',
      'EXPIRED',
    ])
  })

  it('comes to the same end in any order', async () => {
    const { code, lines } = await stripeSend('--scenario', 'failed-and-recovered', '--shuffle')
    expect(code).toBe(0)
    expect(lines.at(-1)).toMatch(/VALID pro active until/)
  })

  it('sells to somebody whom nobody named', async () => {
    const { code, lines } = await stripeSend('--scenario', 'one-time', '--no-user')
    expect(code).toBe(0)
    expect(lines.join('\n')).toContain('Nobody has claimed it')
  })

  it.each([
    ['says what went wrong', ['invoice.paid', '--secret', 'whsec_other'], 'INVALID_SIGNATURE'],
    ['knows its types', ['invoice.imagined'], 'there is no event of the type invoice.imagined'],
    ['wants one thing', [], 'name either the type of an event or a --scenario'],
    ['wants values with a name', ['invoice.paid', '--set', 'x'], 'It must be <path>=<value>'],
    ['sets what there is', ['invoice.paid', '--set', 'x.y=1'], 'has no x to set anything in'],
    ['says what it sold aside', ['checkout.session.completed', '--tier', 'x'], 'TIER_UNKNOWN'],
  ])('%s', async (_, args, text) => {
    const { code, lines } = await stripeSend(...args)
    expect(lines.join('\n')).toContain(text)
    expect(code).toBe(text === 'TIER_UNKNOWN' ? 0 : 1)
  })
})

describe('the inbox', () => {
  interface Sent {
    readonly destination: { readonly to: readonly string[] }
    readonly body: { readonly text: string }
  }
  /** What arrives at an address, within some seconds. */
  async function arrives(address: string, count = 1): Promise<readonly string[]> {
    const inbox = /sent mails +(http:\S+)/.exec(command.output())?.[1] ?? ''
    for (let tries = 0; tries < 150; tries++) {
      const { emails } = (await (await fetch(`${inbox}/store`)).json()) as { emails: Sent[] }
      const arrived = emails.filter(({ destination }) => destination.to.includes(address))
      heard.push(...arrived.map(({ body }) => body.text))
      if (arrived.length >= count) return arrived.map(({ body }) => body.text)
      await sleep(100)
    }
    throw new Error(`Nothing arrived at ${address}`)
  }

  it('shows the key of whoever bought at Stripe', async () => {
    const email = 'inbox@example.com'
    await stripeSend('checkout.session.completed', '--purchase', 'inbox', '--email', email)
    const [text] = await arrives(email)
    expect(text).toMatch(/QF-PRO-[0-9a-f]{12}-\d{10}/)
    expect(text).toContain('Quantum Falcon Pro')
  })

  it('shows a key that was lost, to the address that it is of', async () => {
    const email = 'lost@example.com'
    const { license } = (await generate({ userId: 'lost', userEmail: email, tier: 'pro' })).json()
    await arrives(email)
    expect((await post('/api/recover', { email })).status).toBe(200)
    expect((await post('/api/recover', { email: 'nobody@example.com' })).status).toBe(200)
    expect((await arrives(email, 2)).every((text) => text.includes(license))).toBe(true)
  })
})

describe('what npm start prints', () => {
  it('is the credentials and the addresses', () => {
    for (const text of ['dev_admin_token', 'whsec_dev', 'dev_master_key', url, '.local/dynamodb']) {
      expect(command.output()).toContain(text)
    }
  })

  it('is a line for each route that can be pasted as it stands', async () => {
    const lines = command.output().match(/^ {2}(?:curl|body=).*$/gm) ?? []
    const answers = await Promise.all(lines.map(curl))
    expect(answers.map(({ status }) => status)).toEqual([
      200, 200, 401, 401, 200, 200, 204, 200, 200,
    ])
  })

  it('is a page that tells of every route and can try it here', async () => {
    const page = /API documentation +(http:\S+)/.exec(command.output())?.[1] ?? ''
    const html = await (await fetch(page)).text()
    for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await fetch(`${page}/${file}`)).status).toBe(200)
    }
    const document = JSON.parse(await (await fetch(`${page}/openapi.json`)).text())
    expect(document.servers).toEqual([{ url: '/', description: 'npm start' }])
    expect(Object.keys(document.paths)).toContain('/api/admin/licenses/{id}/revoke')
    expect((await fetch(`${page}/package.json`)).status).toBe(404)
    expect(await (await fetch(`${page}/health`)).json()).toMatchObject({ status: 'healthy' })
    const headers = { ...TOKEN, 'content-type': 'application/json' }
    const body = JSON.stringify({ userId: 'user_page', tier: 'pro' })
    const issued = await fetch(`${page}/api/generate`, { method: 'POST', headers, body })
    expect(issued.status).toBe(200)
    heard.push(body, await issued.text())
  })

  it('is a command line that works', async () => {
    const listed = aCommand(
      'npm',
      ['run', '-s', 'cli', '--', '--url', url, '--token', 'dev_admin_token', 'list'],
      {
        cwd: checkout.directory,
        env: environment(),
      },
    )
    expect(await listed.exited).toBe(0)
    expect(listed.output()).toContain('user_123')
  })
})

describe('an API token', () => {
  it('may do what it was made for, until it is revoked', async () => {
    const asked = { name: 'The shop of a vendor', scopes: ['licenses:issue'] }
    const { id, token } = (await post('/api/admin/tokens', asked, TOKEN)).json()
    const authorization = `Bearer ${token}`
    const order = { userId: 'user_token', userEmail: 'token@example.com', tier: 'pro' }
    expect((await post('/api/generate', order, { authorization })).status).toBe(200)
    expect((await post('/api/admin/tokens', asked, { authorization })).status).toBe(403)
    expect((await post(`/api/admin/tokens/${id}/revoke`, {}, TOKEN)).status).toBe(200)
    expect((await post('/api/generate', order, { authorization })).status).toBe(401)
  })
})

describe('what is not for the outside', () => {
  it.each(['/console', '/console?__debugger__=yes&cmd=1', '/api/nothing', '/', '/.env'])(
    'debug server: %s is not served',
    async (route) => {
      const answer = await fetch(`${url}${route}`)
      expect(answer.status).toBe(404)
      expect(await answer.text()).not.toMatch(/\.ts\b|\.js\b|node_modules| at /)
    },
  )

  it.each([
    ['broken JSON', '{"license":', 400],
    ['70 kB', JSON.stringify({ license: 'x'.repeat(70_000) }), 413],
    ['2 MB', JSON.stringify({ license: 'x'.repeat(2_000_000) }), 413],
    ['an eagle', JSON.stringify({ license: '🦅' }), 401],
  ])('%s is answered, and the service goes on', async (_, body, status) => {
    const answer = await post('/api/verify', body)
    expect(answer.status).toBe(status)
    expect(answer.json()).toMatchObject({ valid: false, code: expect.any(String) })
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  const [address] = Object.values(networkInterfaces())
    .flat()
    .filter((found) => found?.family === 'IPv4' && !found.internal)
  const where = address ? it : it.skip
  where('nobody reaches it from another machine', async () => {
    const reached = await new Promise((resolve) => {
      const socket = connect(port, address?.address)
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    })
    expect(reached).toBe(false)
  })
})

describe('a change while npm start runs', () => {
  const source = () => path.join(checkout.directory, 'functions/health.ts')
  const health = async () => (await fetch(`${url}/health`)).json()

  it('of a function answers the next request', async () => {
    const before = await readFile(source(), 'utf8')
    const saying = (word: string) => before.replace("status: 'healthy'", `status: '${word}'`)
    await writeFile(source(), saying('written'))
    await answers(health, { status: 'written' })
    // As many editors save: a new file in the place of the old one.
    await writeFile(`${source()}~`, saying('renamed'))
    await rename(`${source()}~`, source())
    await answers(health, { status: 'renamed' })

    await writeFile(source(), 'const')
    await command.prints('The functions run as they were before this change.')
    expect(command.output()).toContain('functions/health.ts:1:5: ERROR')
    expect(await health()).toMatchObject({ status: 'renamed' })
    await writeFile(source(), before)
    await answers(health, { status: 'healthy' })
  })

  it('of the catalog is checked as it is now', async () => {
    const catalog = path.join(checkout.directory, 'lib/catalog/catalog.ts')
    const before = await readFile(catalog, 'utf8')
    await writeFile(catalog, before.replace('seats: 1', 'seats: 0'))
    await command.prints('lib/catalog/catalog.ts: tiers.free.seats: ')
    await writeFile(catalog, before)
    expect((await generate({ userId: 'user_catalog', tier: 'pro' })).status).toBe(200)
  })

  /** Asks until an answer holds what is expected; the system may tell of a change a moment later. */
  async function answers(question: () => Promise<unknown>, expected: object) {
    for (let tries = 0; ; tries++) {
      try {
        expect(await question()).toMatchObject(expected)
        return
      } catch (error) {
        if (tries === 20) throw error
        await sleep(100)
      }
    }
  }

  it('by packaging beside it breaks nothing', async () => {
    const packaging = aCommand('npm', ['run', 'package'], {
      cwd: checkout.directory,
      env: environment(),
    })
    let asked = 0
    const [code] = await Promise.all([
      packaging.exited,
      (async () => {
        for (let ended = false; !ended; asked++) {
          expect((await generate({ userId: `user_${asked}`, tier: 'pro' })).status).toBe(200)
          expect((await fetch(`${url}/admin`)).status).toBe(200)
          ended = await Promise.race([packaging.exited.then(() => true), sleep(100, false)])
        }
      })(),
    ])
    expect([code, packaging.output()]).toEqual([0, expect.stringContaining('Service packaged')])
    expect(asked).toBeGreaterThan(1)
    expect(await readdir(path.join(checkout.directory, '.serverless'))).toContain('verify.zip')
    expect((await generate({ userId: 'user_packaged', tier: 'pro' })).status).toBe(200)
  })
})

describe('the table', () => {
  it('knows whom it was told of', async () => {
    const [, dynamoDb = ''] = /DynamoDB Local +(http:[^\s,]+)/.exec(command.output()) ?? []
    const client = DynamoDBDocumentClient.from(localClient(dynamoDb))
    for await (const { Items } of paginateScan({ client }, { TableName: TABLE })) {
      people.push(...peopleIn(Items))
    }
    expect(people).toEqual(expect.arrayContaining(['user_123', 'lost@example.com', 'user_9']))
  })
})

describe('the end of npm start', () => {
  it(
    'leaves no process, and keeps the data for the next start',
    async () => {
      const { license } = (await generate({ userId: 'user_restart', tier: 'pro' })).json()
      command.signal('SIGINT')
      await command.exited
      expect(await command.left()).toEqual([])
      await expect(fetch(url)).rejects.toThrow()
      expect(await readdir(path.join(checkout.directory, '.local/dynamodb'))).not.toHaveLength(0)

      await start()
      expect((await post('/api/verify', { license })).json()).toMatchObject({
        valid: true,
        userId: 'user_restart',
      })
    },
    3 * MINUTES,
  )

  it(
    'comes as well when only npm is told to end',
    async () => {
      command.signal('SIGTERM', 'first')
      await command.exited
      await expect(fetch(url)).rejects.toThrow()
      expect(await command.left()).toEqual([])
    },
    2 * MINUTES,
  )
})

describe('npm start that is interrupted', () => {
  /** A command in the place of Java, of which the rest of the system must get rid. */
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

  it(
    'by a kill of its own process leaves no other one',
    async () => {
      const killed = started()
      await killed.prints('Ctrl-C ends it.')
      killed.signal('SIGKILL', 'first')
      expect(await killed.left()).toEqual([])
    },
    MINUTES,
  )

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s while it waits for DynamoDB Local leaves no process',
    async (signal) => {
      const waiting = started({ JAVA_HOME: await aJava('exec sleep 600') })
      await waiting.prints('Waiting for DynamoDB Local (5 s) ...')
      waiting.signal(signal, 'first')
      expect(await waiting.exited).toBe(signal === 'SIGTERM' ? 0 : null)
      expect(await waiting.left()).toEqual([])
    },
    MINUTES,
  )

  it(
    'by the end of DynamoDB Local says why it ended',
    async () => {
      const failed = started({ JAVA_HOME: await aJava('echo reason >&2; exit 1') })
      expect(await failed.exited).toBe(1)
      expect(failed.output().trim().split('\n').at(-1)).toBe(
        'DynamoDB Local ended while it was starting: reason',
      )
      expect(await failed.left()).toEqual([])
    },
    MINUTES,
  )

  it(
    'by a function that cannot be built says why, and leaves no DynamoDB Local',
    async () => {
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
    },
    MINUTES,
  )
})

describe('npm start that cannot', () => {
  const fails = async (env: NodeJS.ProcessEnv) => {
    const failed = aCommand(process.execPath, ['scripts/start.ts'], {
      cwd: checkout.directory,
      env,
    })
    const code = await failed.exited
    expect(await failed.left()).toEqual([])
    return { code, output: failed.output().trim() }
  }

  it('use its port says so', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const taken = (other.address() as { port: number }).port
    const { code, output } = await fails(environment({ PORT: `${taken}` })).finally(() =>
      other.close(),
    )
    expect(code).toBe(1)
    expect(output).toMatch(
      /^Port \d+ cannot be used .*: choose another one, as in PORT=8100 npm start\.$/,
    )
  })

  it('read its port says so', async () => {
    expect(await fails(environment({ PORT: 'abc' }))).toEqual({
      code: 1,
      output: 'PORT must be a number from 1 to 65535, not "abc".',
    })
  })

  it(
    'find Java or fetch it says in one line what to install',
    async () => {
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
    },
    MINUTES,
  )

  it(
    'find Java on the machine takes the one that was fetched before',
    async () => {
      const bin = path.join(checkout.directory, '.local/jre/jdk-17/bin')
      await mkdir(bin, { recursive: true })
      const real = path.isAbsolute(java)
        ? java
        : (await run('sh', ['-c', 'command -v java'])).stdout.trim()
      await writeFile(path.join(bin, 'java'), `#!/bin/sh\nexec '${real}' "$@"\n`)
      await chmod(path.join(bin, 'java'), 0o755)
      // A PATH with all that a script needs, and no Java.
      const tools = path.join(checkout.directory, 'tools')
      await mkdir(tools)
      await symlink('/bin/sh', path.join(tools, 'sh'))
      const PATH = [path.join(checkout.directory, 'node_modules/.bin'), tools].join(':')
      command = aCommand(process.execPath, ['scripts/start.ts'], {
        cwd: checkout.directory,
        env: { PORT: `${port}`, PATH, HTTPS_PROXY: 'http://127.0.0.1:1' },
      })
      started.push(command)
      await command.prints('Ctrl-C ends it.')
      // Told itself, as a process manager does, with npm not in between.
      command.signal('SIGTERM', 'first')
      expect(await command.exited).toBe(0)
      expect(await command.left()).toEqual([])
    },
    2 * MINUTES,
  )
})

describe('what the functions logged meanwhile', () => {
  const SECRET =
    /QF-\w+-[0-9a-f]{12}-\d+|la_[\w-]+_[0-9A-Za-z]{43}|v1=[0-9a-f]+|(?<![\w.+-])[\w.+-]+@[\w.-]+\w/g
  const SECRETS = [
    'dev_master_key',
    'dev_pepper',
    'dev_admin_token',
    'dev_signing_key',
    'whsec_dev',
  ]

  it('is nothing that is secret, and nothing of anybody', () => {
    // The functions log JSON; the other lines are of npm start, which shows its credentials.
    const lines = started
      .flatMap((some) => some.output().split('\n'))
      .filter((line) => line.startsWith('{'))
    for (const message of ['license issued', 'request refused', 'stripe event', 'mail', 'admin']) {
      expect(lines.some((line) => line.includes(`"message":"${message}"`))).toBe(true)
    }
    const used = heard.flatMap((text) => text.match(SECRET) ?? [])
    expect(used).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^QF-/),
        expect.stringMatching(/^la_/),
        expect.stringMatching(/^v1=/),
        expect.stringMatching(/@example\.com$/),
      ]),
    )
    expect(leaksIn(lines, [...SECRETS, ...used, ...people])).toEqual([])
  })
})
