import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createStores } from '../../../lib/store/stores.ts'
import { smoke } from '../../../scripts/smoke/smoke.ts'
import { aLine } from '../../support/line.ts'
import { startProxy, type TestProxy } from '../../support/proxy.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { runCli } from '../../support/script.ts'
import { type ApiServer, anApiServer } from '../../support/server.ts'
import { responding } from '../../support/service.ts'
import { allItems, aStoreTable, dynamoDbUrl } from '../../support/table.ts'

const TOKEN = 'test_admin_token'
const ORIGIN = 'http://localhost:5173'

let test: TestRuntime
let server: ApiServer
let proxy: TestProxy
beforeAll(async () => {
  test = await aRuntime()
  server = await anApiServer(test.runtime)
  proxy = await startProxy(server.url)
})
beforeEach(() => proxy.reset())
afterAll(async () => {
  await proxy.stop()
  await server.stop()
  await test.stop()
})

/** Runs the checks once and returns the lines that it printed. */
async function run(options: Partial<Parameters<typeof smoke>[0]> = {}) {
  const lines: string[] = []
  const isHealthy = await smoke(
    { url: proxy.url, token: TOKEN, origin: ORIGIN, patienceMs: 0, ...options },
    (line) => lines.push(line),
  )
  const failed = lines.filter((line) => line.startsWith('FAIL'))
  expect(isHealthy).toBe(failed.length === 0)
  return { lines, failed }
}

const OK = [
  'ok    GET /health: 200 healthy',
  'ok    POST /api/verify with an unknown key: 401 NOT_FOUND, valid: false',
  'ok    its token, by GET /.well-known/jwks.json: NOT_FOUND for this request, signed',
  'ok    GET /.well-known/revocations.jwt: 200, signed',
  'ok    POST /api/generate without a token: 401 UNAUTHORIZED',
  'ok    POST /webhooks/stripe with a wrong signature: 400 INVALID_SIGNATURE',
  'ok    OPTIONS /api/verify from https://smoke.invalid: 204 allowing no origin',
  'ok    GET /admin: 200, a page that can call only itself',
  'ok    GET of an unknown route: 404',
  'ok    POST /api/verify without JSON: 400 INVALID_REQUEST',
]
const OK_ORIGIN = `ok    OPTIONS /api/verify from ${ORIGIN}: 204 allowing ${ORIGIN}`
const OK_TOKEN = 'ok    GET /api/admin/licenses with the token: 200 with a list'

describe('smoke', () => {
  it('passes for a healthy service, verifies one key only and leaves no other record', async () => {
    const records = async () =>
      (await allItems(test.table)).filter(({ pk }) => !`${pk}`.startsWith('TRIES#'))
    const before = await records()
    server.asked.length = 0
    expect((await run()).lines).toEqual([...OK, OK_ORIGIN, OK_TOKEN])
    expect(await records()).toEqual(before)
    // The other request has no JSON and does not count as an attempt.
    expect(server.asked.filter((request) => request === 'POST /api/verify')).toHaveLength(2)
  })

  it('requires neither a token nor an origin', async () => {
    expect((await run({ token: undefined, origin: undefined })).lines).toEqual(OK)
  })

  it('reports what fails without the database', async () => {
    const line = await aLine(dynamoDbUrl())
    const broken = await anApiServer({
      ...test.runtime,
      ...createStores(aStoreTable(test.table, line.url)),
    })
    line.state = 'cut'
    try {
      expect((await run({ url: broken.url })).failed).toEqual([
        'FAIL  POST /api/verify with an unknown key: expected 401 NOT_FOUND, valid: false; got 503 UNAVAILABLE, valid: undefined',
        'FAIL  its token, by GET /.well-known/jwks.json: expected NOT_FOUND for this request, signed; got an untrusted token: MALFORMED',
        'FAIL  GET /.well-known/revocations.jwt: expected 200, signed; got 503, not signed by a published key',
        'FAIL  GET /api/admin/licenses with the token: expected 200 with a list; got 503 UNAVAILABLE',
      ])
    } finally {
      await broken.stop()
      await line.stop()
    }
  })

  it.each([
    ['master-keys', ['POST /api/generate', 'POST /webhooks/stripe', 'GET /api/admin']],
    ['signing-keys', ['its token', 'POST /api/verify with', 'GET /.well-known/revocations.jwt']],
    ['admin-token', ['POST /api/generate', 'GET /api/admin']],
    ['stripe', ['POST /webhooks/stripe']],
  ])('reports what fails without the secret %s', async (name, parts) => {
    const lacking = await aRuntime()
    lacking.secretsManager.secrets.delete(`test/${name}`)
    const broken = await anApiServer(lacking.runtime)
    try {
      const { failed } = await run({ url: broken.url })
      const matched = failed.map((line) => parts.find((part) => line.includes(part)) ?? line)
      expect(matched.sort()).toEqual(parts.toSorted())
    } finally {
      await broken.stop()
      await lacking.stop()
    }
  })

  it.each([
    ['GET /health', /health/, { body: '{"status":"ill"}' }, '200 ill'],
    ['GET /health', /health/, { status: 418 }, '418'],
    ['an unknown key', /verify/, { body: '{"valid":true,"code":"VALID"}' }, 'VALID, valid: true'],
    ['an unknown key', /verify/, { status: 418 }, '418'],
    ['its token', /verify/, { body: '{"token":"e30.e30.e30"}' }, 'untrusted token: ALGORITHM'],
    ['its token', /jwks/, { body: '{"keys":[]}' }, 'untrusted token: UNKNOWN_KEY'],
    ['revocations.jwt', /revocations/, { body: 'e30.e30.e30' }, '200, not signed by a published'],
    ['revocations.jwt', /revocations/, { status: 418 }, '418'],
    ['GET /admin', /^\/admin/, { body: 'nothing' }, '200, no page that can call only itself'],
    ['GET /admin', /^\/admin/, { status: 418 }, '418'],
    ['without a token', /generate/, { body: '{"code":"FORBIDDEN"}' }, '401 FORBIDDEN'],
    ['without a token', /generate/, { status: 418 }, '418'],
    ['a wrong signature', /stripe/, { body: '{"code":"OTHER"}' }, '400 OTHER'],
    ['a wrong signature', /stripe/, { status: 418 }, '418'],
    ['an unknown route', /no-such-route/, { status: 418 }, '418'],
    ['without JSON', /verify/, { body: '{}' }, '400 without a code'],
    ['without JSON', /verify/, { status: 418 }, '418'],
    ['from https://smoke.invalid', /verify/, { status: 418 }, '418'],
    [`from ${ORIGIN}`, /verify/, { status: 418 }, '418'],
    ['with the token', /admin/, { body: '{"items":null}' }, '200 without a code'],
  ])('reports another response to %s: %s with %j', async (part, path, changes, result) => {
    proxy.onResponse = (response) => {
      if (path.test(response.path)) Object.assign(response, changes)
    }
    const { failed } = await run()
    expect(failed.find((line) => line.includes(part))).toContain(result)
  })

  it('reports a page that can call other servers', async () => {
    proxy.instead = ({ url }, response) => {
      if (url !== '/admin') return false
      response.writeHead(200, { 'content-security-policy': "default-src 'self'" })
      response.end('<!doctype html>')
      return true
    }
    expect((await run()).failed).toEqual([
      expect.stringContaining('got 200, a page that can call other servers'),
    ])
  })

  it('reports a token that is rejected', async () => {
    expect((await run({ token: 'wrong' })).failed).toEqual([
      'FAIL  GET /api/admin/licenses with the token: expected 200 with a list; got 401 UNAUTHORIZED',
    ])
  })

  it.each([
    ['every origin', 'https://smoke.invalid', '*'],
    ['no origin', ORIGIN, ''],
  ])('reports a service that allows %s', async (_, origin, allowed) => {
    proxy.instead = ({ method }, response) => {
      if (method !== 'OPTIONS') return false
      response.writeHead(204, allowed ? { 'access-control-allow-origin': allowed } : {}).end()
      return true
    }
    const { failed } = await run()
    expect(failed.find((line) => line.includes(`from ${origin}`))).toContain(
      `204 allowing ${allowed || 'no origin'}`,
    )
  })

  it('rejects the response to another request', async () => {
    let first: string | undefined
    proxy.onResponse = (response) => {
      if (!response.body.includes('NOT_FOUND')) return
      first ??= response.body
      response.body = first
    }
    expect((await run()).failed).toEqual([])
    expect((await run()).failed).toEqual([
      expect.stringMatching(/^FAIL {2}its token.*untrusted token: NONCE$/),
    ])
  })

  it('waits for a service that is starting', async () => {
    let starting = 2
    proxy.instead = (_, response) =>
      starting-- > 0 && responding(503, 'text/plain', 'Not yet')(_, response)
    expect((await run({ patienceMs: 60_000 })).failed).toEqual([])
  })

  it('reports a service that does not respond', async () => {
    proxy.instead = ({ socket }) => Boolean(socket.destroy())
    const { failed, lines } = await run()
    expect(failed).toEqual(lines)
    expect(failed[0]).toMatch(
      /^FAIL {2}GET \/health: expected 200 healthy; got no response \(.+\)$/,
    )
  })

  it('follows no redirect', async () => {
    proxy.instead = ({ url }, response) => {
      response.writeHead(301, { location: `${server.url}${url}` }).end()
      return true
    }
    expect((await run()).failed).toContainEqual(expect.stringContaining('got 301 without a status'))
  })
})

describe('license-authority smoke', () => {
  const runCommand = (...args: string[]) =>
    runCli(['smoke', ...args], { LICENSE_AUTHORITY_TOKEN: TOKEN })

  it('exits with 0 if all checks passed, else with 1', async () => {
    const passed = await runCommand('--url', proxy.url, '--origin', ORIGIN)
    expect([passed.code, ...passed.stdout.trim().split('\n')]).toEqual([
      0,
      ...OK,
      OK_ORIGIN,
      OK_TOKEN,
      'All checks passed.',
    ])
    const failed = await runCommand('--url', proxy.url, '--token', 'sesame', '--patience', '0')
    expect([failed.code, ...failed.stdout.trim().split('\n')]).toEqual([
      1,
      ...OK,
      expect.stringContaining('got 401 UNAUTHORIZED'),
      'Some checks failed: see the lines with FAIL.',
    ])
    expect(failed.stdout).not.toContain('sesame')
  })

  it('reports incorrect usage', async () => {
    for (const [args, message] of [
      [['--url', ''], 'It must be a URL.'],
      [['--url', 'example.com'], 'It must be a URL.'],
      [['--url', proxy.url, '--patience', 'much'], 'It must be a number of seconds.'],
    ] as const) {
      const { code, stderr } = await runCommand(...args)
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    }
  })
})
