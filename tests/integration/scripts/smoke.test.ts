import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createStores } from '../../../lib/store/stores.ts'
import { smoke } from '../../../scripts/smoke/smoke.ts'
import { aFront, type Front } from '../../support/front.ts'
import { aLine } from '../../support/line.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { runCli } from '../../support/script.ts'
import { type ApiServer, anApiServer } from '../../support/server.ts'
import { answering } from '../../support/service.ts'
import { allItems, aStoreTable, dynamoDbUrl } from '../../support/table.ts'

const MINUTE = 60_000
const TOKEN = 'test_admin_token'
const ORIGIN = 'http://localhost:5173'

let test: TestRuntime
let server: ApiServer
let front: Front
beforeAll(async () => {
  test = await aRuntime()
  server = await anApiServer(test.runtime)
  front = await aFront(server.url)
})
beforeEach(() => front.open())
afterAll(async () => {
  await front.stop()
  await server.stop()
  await test.stop()
})

/** What it prints, and whether it was content. Nothing is waited for. */
async function smoked(
  options: Partial<Parameters<typeof smoke>[0]> = {},
): Promise<{ isWell: boolean; lines: string[]; failed: string[] }> {
  const lines: string[] = []
  const isWell = await smoke(
    { url: front.url, token: TOKEN, origin: ORIGIN, patienceMs: 0, ...options },
    (line) => lines.push(line),
  )
  return { isWell, lines, failed: lines.filter((line) => line.startsWith('FAIL')) }
}

const GOOD = [
  'ok    GET /health: 200 healthy',
  'ok    POST /api/verify of a key that does not exist: 401 NOT_FOUND, valid: false',
  'ok    what it signed, by GET /.well-known/jwks.json: NOT_FOUND to this request, signed',
  'ok    GET /.well-known/revocations.jwt: 200, signed',
  'ok    POST /api/generate without a token: 401 UNAUTHORIZED',
  'ok    POST /webhooks/stripe with a wrong signature: 400 INVALID_SIGNATURE',
  'ok    OPTIONS /api/verify for a page of https://smoke.invalid: 204 allowing nobody',
  'ok    GET /admin: 200, a page that speaks to nobody else',
  'ok    GET of an unknown route: 404',
  'ok    POST /api/verify of no JSON: 400 INVALID_REQUEST',
]
const WITH_ORIGIN = `ok    OPTIONS /api/verify for a page of ${ORIGIN}: 204 allowing ${ORIGIN}`
const WITH_TOKEN = 'ok    GET /api/admin/licenses with the token: 200 and a list'

describe('the smoke test', () => {
  it('is content with a service that works, and asks about one key only', async () => {
    const { isWell, lines } = await smoked()
    expect(lines).toEqual([...GOOD, WITH_ORIGIN, WITH_TOKEN])
    expect(isWell).toBe(true)
    // The other is no JSON, and so is no guess.
    expect(server.asked.filter((asked) => asked === 'POST /api/verify')).toHaveLength(2)
  })

  it('needs neither a token nor an origin', async () => {
    expect(await smoked({ token: undefined, origin: undefined })).toEqual({
      isWell: true,
      lines: GOOD,
      failed: [],
    })
  })

  it('leaves nothing behind in the table but that somebody guessed', async () => {
    const kept = async () =>
      (await allItems(test.table)).filter(({ pk }) => !`${pk}`.startsWith('TRIES#'))
    const before = await kept()
    await smoked()
    expect(await kept()).toEqual(before)
  })

  it('says which parts do not work without the database', async () => {
    const line = await aLine(dynamoDbUrl())
    const broken = await anApiServer({
      ...test.runtime,
      ...createStores(aStoreTable(test.table, line.url)),
    })
    line.state = 'cut'
    try {
      const { isWell, failed } = await smoked({ url: broken.url })
      expect(isWell).toBe(false)
      expect(failed).toEqual([
        'FAIL  POST /api/verify of a key that does not exist: expected 401 NOT_FOUND, valid: false; came 503 UNAVAILABLE, valid: undefined',
        'FAIL  what it signed, by GET /.well-known/jwks.json: expected NOT_FOUND to this request, signed; came a token that is not to be believed: MALFORMED',
        'FAIL  GET /.well-known/revocations.jwt: expected 200, signed; came 503, and not signed by a key that is published',
        'FAIL  GET /api/admin/licenses with the token: expected 200 and a list; came 503 UNAVAILABLE',
      ])
    } finally {
      await broken.stop()
      await line.stop()
    }
  })

  it.each([
    ['master-keys', ['POST /api/generate', 'POST /webhooks/stripe', 'GET /api/admin']],
    [
      'signing-keys',
      ['what it signed', 'POST /api/verify of a key', 'GET /.well-known/revocations.jwt'],
    ],
    ['admin-token', ['POST /api/generate', 'GET /api/admin']],
    ['stripe', ['POST /webhooks/stripe']],
  ])('says which parts do not work without the secret %s', async (name, parts) => {
    const lacking = await aRuntime()
    lacking.secretsManager.secrets.delete(`test/${name}`)
    const broken = await anApiServer(lacking.runtime)
    try {
      const { failed } = await smoked({ url: broken.url })
      const wrong = failed.map((line) => parts.find((part) => line.includes(part)) ?? line)
      expect(wrong.sort()).toEqual(parts.toSorted())
    } finally {
      await broken.stop()
      await lacking.stop()
    }
  })

  it.each([
    ['GET /health', /health/, '{"status":"ill"}', 'came 200 ill'],
    [
      'a key that does not exist',
      /verify/,
      '{"valid":true,"code":"VALID"}',
      'came 401 VALID, valid: true',
    ],
    [
      'what it signed',
      /verify/,
      '{"token":"e30.e30.e30"}',
      'came a token that is not to be believed: ALGORITHM',
    ],
    [
      'what it signed',
      /jwks/,
      '{"keys":[]}',
      'came a token that is not to be believed: UNKNOWN_KEY',
    ],
    [
      'revocations.jwt',
      /revocations/,
      'e30.e30.e30',
      'came 200, and not signed by a key that is published',
    ],
    ['GET /admin', /^\/admin/, 'nothing', 'came 200, no page that speaks to nobody else'],
    ['without a token', /generate/, '{"code":"FORBIDDEN"}', 'came 401 FORBIDDEN'],
    ['a wrong signature', /stripe/, '{"code":"INVALID_REQUEST"}', 'came 400 INVALID_REQUEST'],
    ['of no JSON', /verify/, '{}', 'came 400 without a code'],
    ['with the token', /admin/, '{"items":null}', 'came 200 without a code'],
  ])('sees another answer: %s, %s, %s', async (part, path, body, came) => {
    front.passing = (answer) => {
      if (path.test(answer.path)) answer.body = body
    }
    const { isWell, failed } = await smoked()
    expect(isWell).toBe(false)
    expect(failed.find((line) => line.includes(part))).toContain(came)
  })

  it.each([
    ['GET /health', /health/],
    ['a key that does not exist', /verify/],
    ['revocations.jwt', /revocations/],
    ['without a token', /generate/],
    ['a wrong signature', /stripe/],
    ['GET /admin', /^\/admin/],
    ['of an unknown route', /no-such-route/],
    ['of no JSON', /verify/],
    [`a page of https://smoke.invalid`, /verify/],
    [`a page of ${ORIGIN}`, /verify/],
  ])('sees another status: %s', async (part, path) => {
    front.passing = (answer) => {
      if (path.test(answer.path)) answer.status = 418
    }
    const { failed } = await smoked()
    expect(failed.find((line) => line.includes(part))).toMatch(/came 418/)
  })

  it('sees a page that may speak to anybody', async () => {
    front.instead = ({ url }, response) => {
      if (url !== '/admin') return false
      response.writeHead(200, { 'content-security-policy': "default-src 'self'" })
      response.end('<!doctype html>')
      return true
    }
    const { failed } = await smoked()
    expect(failed).toEqual([expect.stringContaining('came 200, a page that speaks to anybody')])
  })

  it('sees a token that is refused', async () => {
    const { failed } = await smoked({ token: 'wrong' })
    expect(failed).toEqual([
      'FAIL  GET /api/admin/licenses with the token: expected 200 and a list; came 401 UNAUTHORIZED',
    ])
  })

  it.each([
    ['lets in pages of anybody', 'https://smoke.invalid', '*'],
    ['lets in no page', ORIGIN, ''],
  ])('sees a service that %s', async (_, origin, allowed) => {
    front.instead = ({ method }, response) => {
      if (method !== 'OPTIONS') return false
      response.writeHead(204, allowed ? { 'access-control-allow-origin': allowed } : {}).end()
      return true
    }
    const { failed } = await smoked()
    expect(failed.find((line) => line.includes(origin))).toContain(
      `204 allowing ${allowed || 'nobody'}`,
    )
  })

  it('never takes the answer to another request for its own', async () => {
    let first: string | undefined
    front.passing = (answer) => {
      if (!answer.body.includes('NOT_FOUND')) return
      first ??= answer.body
      answer.body = first
    }
    expect(await smoked()).toMatchObject({ isWell: true })
    const { failed } = await smoked()
    expect(failed).toEqual([expect.stringMatching(/^FAIL {2}what it signed.*believed: NONCE$/)])
  })

  it('waits for a service that is just starting', async () => {
    let starting = 2
    front.instead = (_, response) =>
      starting-- > 0 && answering(503, 'text/plain', 'Not yet')(_, response)
    expect(await smoked({ patienceMs: MINUTE })).toMatchObject({ isWell: true })
  })

  it('says that nobody answers', async () => {
    front.instead = ({ socket }) => Boolean(socket.destroy())
    const { failed, lines } = await smoked()
    expect(failed).toEqual(lines)
    expect(failed[0]).toMatch(/^FAIL {2}GET \/health: expected 200 healthy; came no answer \(.*\)$/)
  })

  it('does not follow a service that sends it elsewhere', async () => {
    front.instead = ({ url }, response) => {
      response.writeHead(301, { location: `${server.url}${url}` }).end()
      return true
    }
    expect((await smoked()).failed).toContainEqual(
      expect.stringContaining('came 301 and nothing of health'),
    )
  })
})

describe('license-authority smoke', () => {
  const smokeTest = (...args: string[]) =>
    runCli(['smoke', ...args], { LICENSE_AUTHORITY_TOKEN: TOKEN })

  it('says by its exit code whether all is well', async () => {
    const well = await smokeTest('--url', front.url, '--origin', ORIGIN)
    expect([well.code, ...well.stdout.trim().split('\n')]).toEqual([
      0,
      ...GOOD,
      WITH_ORIGIN,
      WITH_TOKEN,
      'All checks passed.',
    ])
    const ill = await smokeTest('--url', front.url, '--token', 'sesame', '--patience', '0')
    expect([ill.code, ...ill.stdout.trim().split('\n')]).toEqual([
      1,
      ...GOOD,
      expect.stringContaining('came 401 UNAUTHORIZED'),
      'Some checks failed: see the lines with FAIL.',
    ])
    expect(ill.stdout).not.toContain('sesame')
  })

  it('says in a line how it is used', async () => {
    for (const url of ['example.com', '']) {
      expect(await smokeTest('--url', url)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('It must be a URL.'),
      })
    }
    expect((await smokeTest('--url', front.url, '--patience', 'much')).stderr).toContain(
      'It must be a number of seconds.',
    )
  })
})
