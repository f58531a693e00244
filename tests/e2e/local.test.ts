import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { localClient } from '../../scripts/local/dynamodb.ts'
import { aCommand, aUsersEnvironment } from '../support/checkout.ts'
import { leaksIn, peopleIn } from '../support/leaks.ts'
import { outputOf, type SharedSystem, sharedSystem } from '../support/shared.ts'
import { aCheckout, aSignature } from '../support/stripe.ts'

const run = promisify(execFile)

const MINUTES = 60_000
const TABLE = 'license-authority-local'
const PAGE = 'http://localhost:5173'

/** The commands of the prototype's documentation. */
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

let system: SharedSystem
let url: string

/** All requests and responses. */
const transcript: string[] = []
/** Personal data in the table. */
const people: string[] = []

beforeAll(async () => {
  system = await sharedSystem()
  url = system.url
})

/** Runs a command in the checkout of the system. Returns the exit code and the output by lines. */
async function commandLine(command: string, ...args: string[]) {
  const started = aCommand(command, args, {
    cwd: system.directory,
    env: aUsersEnvironment(system.java, { PORT: `${system.port}` }),
  })
  const code = await started.exited
  transcript.push(started.output())
  return { code, lines: started.output().trim().split('\n') }
}

async function curl(line: string): Promise<{ status: number; body: string }> {
  const { stdout } = await run('sh', ['-c', `${line} -s -w '\\n%{http_code}'`], {
    cwd: system.directory,
  })
  transcript.push(line, stdout)
  const [, body = '', status] = /^([\s\S]*)\n(\d{3})$/.exec(stdout) ?? []
  return { status: Number(status), body }
}

const toLocal = (line: string) => line.replaceAll('http://localhost:8000', url)

async function post(route: string, body: unknown, headers: Record<string, string> = {}) {
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: sent,
  })
  const text = await response.text()
  transcript.push(sent, JSON.stringify(headers), text)
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

const TOKEN = { authorization: 'Bearer dev_admin_token' }

const generate = (body: object) => post('/api/generate', body, TOKEN)

describe('the commands of the prototype', () => {
  it('return the health of the service', async () => {
    const { status, body } = await curl(toLocal(SEED.health))
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({ status: 'healthy', service: 'license-generation' })
  })

  it('issue a license that verifies', async () => {
    const start = Date.now()
    const line = `${toLocal(SEED.generate)} -H "Authorization: Bearer dev_admin_token"`
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
    expect(Math.abs(license.generatedAt - start)).toBeLessThan(10 * MINUTES)
    expect(license.expiresAt - license.generatedAt).toBe(30 * 24 * 60 * MINUTES)

    const typed = toLocal(SEED.verify).replace('QF-PRO-xxxxxxxxxxxx-1234567890', license.license)
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
    expect((await curl(toLocal(SEED.generate))).status).toBe(401)
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
    const response = await preflight(route, headers)
    expect(response.ok).toBe(true)
    expect(response.headers.get('access-control-max-age')).toBe('7200')
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
    const other = await fetch(`${url}/health`, { headers: { origin: PAGE } })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
    const allowed = response.headers.get('access-control-allow-headers')?.toLowerCase().split(/, ?/)
    expect(allowed).toEqual(expect.arrayContaining(headers.split(',')))
  })

  it('issues and verifies with all its headers and fields', async () => {
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

  it('issues the license that the vendor’s server then requests', async () => {
    const response = await post('/webhooks/stripe', event, { 'stripe-signature': signed() })
    expect([response.status, response.json()]).toMatchObject([
      200,
      { received: true, effect: 'issued', alerts: [] },
    ])
    const order = { userId: 'user_123', tier: 'pro', paymentIntentId: 'pi_e2e' }
    const issued = await generate(order)
    expect(issued.json()).toMatchObject({ success: true, userEmail: 'buyer@example.com' })
    expect((await generate(order)).json().license).toBe(issued.json().license)
  })

  it('rejects events that Stripe did not sign', async () => {
    const forged = { 'stripe-signature': signed('whsec_other') }
    expect((await post('/webhooks/stripe', event, forged)).status).toBe(400)
  })
})

const stripeSend = (...args: string[]) =>
  commandLine(process.execPath, 'scripts/stripe/send.ts', ...args, '--url', url)

describe('npm run stripe:send', () => {
  const keyIn = (lines: readonly string[]) =>
    lines.map((line) => /^ {2}key (QF-\S+)$/.exec(line)?.[1]).find(Boolean)

  it('sells and refunds a license, and prints its status', async () => {
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

  it('plays the life of a subscription', async () => {
    const args = ['--scenario', 'life', '--stripe-version', 'hybrid', '--url', url]
    const { code, lines } = await commandLine('npm', 'run', '-s', 'stripe:send', '--', ...args)
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

  it('reaches the same state in any order', async () => {
    const { code, lines } = await stripeSend('--scenario', 'failed-and-recovered', '--shuffle')
    expect(code).toBe(0)
    expect(lines.at(-1)).toMatch(/VALID pro active until/)
  })

  it('sells without a user', async () => {
    const { code, lines } = await stripeSend('--scenario', 'one-time', '--no-user')
    expect(code).toBe(0)
    expect(lines.join('\n')).toContain('The license has no user')
  })

  it.each([
    [
      'prints an error of the service',
      ['invoice.paid', '--secret', 'whsec_other'],
      'INVALID_SIGNATURE',
    ],
    ['rejects an unknown type', ['invoice.imagined'], 'unknown event type invoice.imagined'],
    ['requires a type or a scenario', [], 'name either the type of an event or a --scenario'],
    ['rejects a malformed --set', ['invoice.paid', '--set', 'x'], 'It must be <path>=<value>'],
    [
      'rejects a --set of a missing field',
      ['invoice.paid', '--set', 'x.y=1'],
      'has no x to set anything in',
    ],
    ['prints an unmatched purchase', ['checkout.session.completed', '--tier', 'x'], 'TIER_UNKNOWN'],
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
  /** Waits for emails to an address. Returns their texts. */
  async function receive(address: string, count = 1): Promise<readonly string[]> {
    for (let tries = 0; tries < 150; tries++) {
      const { emails } = (await (await fetch(`${system.inboxUrl}/store`)).json()) as {
        emails: Sent[]
      }
      const arrived = emails.filter(({ destination }) => destination.to.includes(address))
      transcript.push(...arrived.map(({ body }) => body.text))
      if (arrived.length >= count) return arrived.map(({ body }) => body.text)
      await sleep(100)
    }
    throw new Error(`No email arrived at ${address}`)
  }

  it('shows the key of a Stripe purchase', async () => {
    const email = 'inbox@example.com'
    await stripeSend('checkout.session.completed', '--purchase', 'inbox', '--email', email)
    const [text] = await receive(email)
    expect(text).toMatch(/QF-PRO-[0-9a-f]{12}-\d{10}/)
    expect(text).toContain('Quantum Falcon Pro')
  })

  it('shows lost keys, sent only to their own address', async () => {
    const email = 'lost@example.com'
    const { license } = (await generate({ userId: 'lost', userEmail: email, tier: 'pro' })).json()
    await receive(email)
    expect((await post('/api/recover', { email })).status).toBe(200)
    expect((await post('/api/recover', { email: 'unknown@example.com' })).status).toBe(200)
    expect((await receive(email, 2)).every((text) => text.includes(license))).toBe(true)
  })
})

describe('the output of npm start', () => {
  it('has the credentials and the URLs', () => {
    for (const text of ['dev_admin_token', 'whsec_dev', 'dev_master_key', url, '.local/dynamodb']) {
      expect(outputOf(system)).toContain(text)
    }
  })

  it('has a command for each route that works as printed', async () => {
    const lines = outputOf(system).match(/^ {2}(?:curl|body=).*$/gm) ?? []
    const responses = await Promise.all(lines.map(curl))
    expect(responses.map(({ status }) => status)).toEqual([
      200, 200, 401, 401, 200, 200, 204, 200, 200,
    ])
  })

  it('has the URL of the API documentation, which can call each route', async () => {
    const page = system.documentationUrl
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
    transcript.push(body, await issued.text())
  })

  it('has a command of the CLI that works', async () => {
    const args = ['--url', url, '--token', 'dev_admin_token', 'list']
    const { code, lines } = await commandLine('npm', 'run', '-s', 'cli', '--', ...args)
    expect(code).toBe(0)
    expect(lines.join('\n')).toContain('user_123')
  })
})

describe('an API token', () => {
  it('works within its scopes until it is revoked', async () => {
    const request = { name: 'The shop of a vendor', scopes: ['licenses:issue'] }
    const created = await post('/api/admin/tokens', request, TOKEN)
    expect(created.status).toBe(200)
    const { id, token } = created.json()
    const authorization = `Bearer ${token}`
    const order = { userId: 'user_token', userEmail: 'token@example.com', tier: 'pro' }
    expect((await post('/api/generate', order, { authorization })).status).toBe(200)
    expect((await post('/api/admin/tokens', request, { authorization })).status).toBe(403)
    expect((await post(`/api/admin/tokens/${id}/revoke`, {}, TOKEN)).status).toBe(200)
    expect((await post('/api/generate', order, { authorization })).status).toBe(401)
  })
})

describe('the gateway', () => {
  it.each(['/console', '/console?__debugger__=yes&cmd=1', '/api/nothing', '/', '/.env'])(
    'does not serve %s',
    async (route) => {
      const response = await fetch(`${url}${route}`)
      expect(response.status).toBe(404)
      expect(await response.text()).not.toMatch(/\.ts\b|\.js\b|node_modules| at /)
    },
  )

  it.each([
    ['broken JSON', '{"license":', 400],
    ['70 kB', JSON.stringify({ license: 'x'.repeat(70_000) }), 413],
    ['2 MB', JSON.stringify({ license: 'x'.repeat(2_000_000) }), 413],
    ['an eagle', JSON.stringify({ license: '🦅' }), 401],
  ])('survives %s', async (_, body, status) => {
    const response = await post('/api/verify', body)
    expect(response.status).toBe(status)
    expect(response.json()).toMatchObject({ valid: false, code: expect.any(String) })
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  const [address] = Object.values(networkInterfaces())
    .flat()
    .filter((found) => found?.family === 'IPv4' && !found.internal)
  const where = address ? it : it.skip
  where('is not reachable from another machine', async () => {
    const reached = await new Promise((resolve) => {
      const socket = connect(system.port, address?.address)
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    })
    expect(reached).toBe(false)
  })
})

describe('the table', () => {
  it('contains the customers of this run', async () => {
    const client = DynamoDBDocumentClient.from(localClient(system.dynamoDbUrl))
    for await (const { Items } of paginateScan({ client }, { TableName: TABLE })) {
      people.push(...peopleIn(Items))
    }
    expect(people).toEqual(expect.arrayContaining(['user_123', 'lost@example.com', 'user_9']))
  })
})

describe('the logs of the functions', () => {
  const SECRET =
    /QF-\w+-[0-9a-f]{12}-\d+|la_[\w-]+_[0-9A-Za-z]{43}|v1=[0-9a-f]+|(?<![\w.+-])[\w.+-]+@[\w.-]+\w/g
  const SECRETS = [
    'dev_master_key',
    'dev_pepper',
    'dev_admin_token',
    'dev_signing_key',
    'whsec_dev',
  ]

  it('contain no secrets and no personal data', () => {
    // The functions log JSON. Other lines are the output of npm start, which includes credentials.
    const lines = outputOf(system)
      .split('\n')
      .filter((line) => line.startsWith('{'))
    for (const message of ['license issued', 'request refused', 'stripe event', 'email', 'admin']) {
      expect(lines.some((line) => line.includes(`"message":"${message}"`))).toBe(true)
    }
    const used = transcript.flatMap((text) => text.match(SECRET) ?? [])
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
