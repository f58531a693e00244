import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../../functions/generate.ts'
import { createHandler as createVerifyHandler } from '../../../functions/verify.ts'
import { LIFETIME_DAYS } from '../../../lib/http/licenseBody.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { sized } from '../../support/size.ts'
import { allItems } from '../../support/table.ts'

const TOKEN = { authorization: 'Bearer test_admin_token' }
/** The number of concurrent calls. Each loses every race for a second but one, so the work grows with the square. */
const CROWD = sized(15, 50)
const USER = { userId: 'user_123', userEmail: 'user@example.com', tier: 'pro' }

let test: TestRuntime

beforeAll(async () => {
  test = await aRuntime()
})
beforeEach(() => {
  test.time.now += DAY_MS
  test.commands.length = 0
})
afterAll(() => test.stop())

async function generate(body: unknown, headers: Record<string, string | undefined> = TOKEN) {
  const event = aPost(body, { route: '/api/generate', headers })
  const response = await createHandler(test.runtime)(event, aContext())
  return { status: response.statusCode, body: bodyOf(response), headers: response.headers }
}

async function verify(license: string) {
  return bodyOf(await createVerifyHandler(test.runtime)(aPost({ license }), aContext()))
}

describe('POST /api/generate', () => {
  it('returns every field of the seed, and a key that verifies', async () => {
    const { status, body } = await generate({
      ...USER,
      duration: 30,
      paymentIntentId: 'pi_all',
      timestamp: 1,
      somethingElse: { nested: true },
    })
    const second = Math.floor(test.time.now / 1000)
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      license: expect.stringMatching(new RegExp(`^QF-PRO-[0-9a-f]{12}-${second}$`)),
      tier: 'pro',
      userId: 'user_123',
      userEmail: 'user@example.com',
      expiresAt: second * 1000 + 30 * DAY_MS,
      generatedAt: second * 1000,
      paymentIntentId: 'pi_all',
      features: test.runtime.catalog.tiers['pro']?.features,
    })
    expect(await verify(body.license)).toMatchObject({ valid: true, userId: 'user_123' })
  })

  it.each([
    ['free', 30],
    ['pro', 30],
    ['elite', 30],
    ['lifetime', LIFETIME_DAYS],
  ])('uses the default duration of the tier %s', async (tier, days) => {
    const { body } = await generate({ userId: 'user_default', tier })
    expect(body.expiresAt - body.generatedAt).toBe(days * DAY_MS)
  })

  it('keeps every character of a user id', async () => {
    const userId = 'a:b 🦅 e\u0301'
    const { body } = await generate({ userId, tier: 'pro' })
    expect(body.userId).toBe(userId)
    expect(await verify(body.license)).toMatchObject({ valid: true, userId })
  })

  it('returns null for omitted fields', async () => {
    const { body } = await generate({ userId: 'user_bare', tier: 'free', userEmail: null })
    expect(body).toMatchObject({ userEmail: null, paymentIntentId: null })
  })

  it('issues different keys to concurrent calls for one user, tier and second', async () => {
    const answers = await Promise.all(
      Array.from({ length: CROWD }, () => generate({ userId: 'user_crowd', tier: 'elite' })),
    )
    const keys = answers.map(({ body }) => body.license)
    expect(new Set(keys).size).toBe(CROWD)
    const verdicts = await Promise.all(keys.map(verify))
    expect(verdicts.filter(({ valid }) => valid)).toHaveLength(CROWD)
  })

  it('stores neither a key nor a signature', async () => {
    const { body } = await generate(
      { ...USER, paymentIntentId: 'pi_rest' },
      { ...TOKEN, 'idempotency-key': 'rest_1' },
    )
    const stored = JSON.stringify(await allItems(test.table))
    const signature = body.license.split('-')[2]
    expect(stored).toContain('pi_rest')
    expect(stored).not.toContain(signature)
    expect(stored).not.toMatch(/QF-/)
    expect(stored).not.toMatch(/(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])/)
  })

  it('issues in one transaction, after one read of the token or of the payment', async () => {
    await generate({ ...USER, userId: 'user_one' }, { ...TOKEN, 'idempotency-key': 'one' })
    expect(test.commands).toEqual(['GetItemCommand', 'TransactWriteItemsCommand'])
    test.commands.length = 0
    const paid = { userId: 'user_two', paymentIntentId: 'pi_two' }
    await generate({ ...USER, ...paid }, { ...TOKEN, 'idempotency-key': 'two' })
    expect(test.commands.slice(1)).toEqual(['GetItemCommand', 'TransactWriteItemsCommand'])
  })

  it('lets only pages of configured origins read the response', async () => {
    const own = await generate(USER, { ...TOKEN, origin: 'http://localhost:5174' })
    const foreign = await generate(USER, { ...TOKEN, origin: 'https://evil.example' })
    expect(own.headers).toMatchObject({ 'Access-Control-Allow-Origin': 'http://localhost:5174' })
    expect(foreign.headers).not.toHaveProperty('Access-Control-Allow-Origin')
  })

  it('forbids caches to store the key', async () => {
    expect((await generate(USER)).headers).toMatchObject({ 'cache-control': 'no-store' })
  })
})

describe('a repeated POST /api/generate', () => {
  it('returns the first license for the same payment', async () => {
    const order = { ...USER, paymentIntentId: 'pi_again' }
    const first = await generate(order)
    test.time.now += 40 * DAY_MS
    const again = await generate({ ...order, duration: 300 })
    expect(again).toMatchObject({ status: 200, body: { license: first.body.license } })
    expect(again.body).toEqual(first.body)
  })

  it('issues one license for concurrent calls with one payment', async () => {
    const order = { ...USER, paymentIntentId: 'pi_race' }
    const answers = await Promise.all(Array.from({ length: 8 }, () => generate(order)))
    expect(new Set(answers.map(({ body }) => body.license)).size).toBe(1)
  })

  it.each([
    ['user', { userId: 'user_other' }],
    ['tier', { tier: 'elite' }],
  ])('is refused for the same payment with another %s', async (what, change) => {
    const order = { ...USER, paymentIntentId: `pi_other_${what}` }
    await generate(order)
    expect(await generate({ ...order, ...change })).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT', retryable: false },
    })
  })

  it('returns the first license for the same Idempotency-Key, whatever other fields the client sends', async () => {
    const headers = { ...TOKEN, 'idempotency-key': 'key_same' }
    const first = await generate({ ...USER, timestamp: 1 }, headers)
    test.time.now += 5000
    const again = await generate({ ...USER, timestamp: 2 }, headers)
    expect(again.body).toEqual(first.body)
  })

  it('is refused for the same Idempotency-Key with other fields', async () => {
    const headers = { ...TOKEN, 'idempotency-key': 'key_reused' }
    await generate(USER, headers)
    expect(await generate({ ...USER, duration: 31 }, headers)).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT' },
    })
  })

  it('issues a new license once the Idempotency-Key is 24 hours old', async () => {
    const headers = { ...TOKEN, 'idempotency-key': 'key_old' }
    const first = await generate(USER, headers)
    test.time.now += DAY_MS - 1
    expect((await generate(USER, headers)).body.license).toBe(first.body.license)
    test.time.now += 1
    const next = await generate(USER, headers)
    expect(next.status).toBe(200)
    expect(next.body.license).not.toBe(first.body.license)
  })
})

describe('the token of POST /api/generate', () => {
  // Every other form of a wrong token is in tests/unit/lib/http/auth.test.ts and tests/integration/seed.test.ts.
  it('is required, and nothing is written without it', async () => {
    expect(await generate(USER, { authorization: 'Bearer wrong' })).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHORIZED', error: expect.any(String), retryable: false },
      headers: { 'www-authenticate': 'Bearer' },
    })
    expect(test.commands).not.toContain('TransactWriteItemsCommand')
  })

  it('can be replaced', async () => {
    await generate(USER)
    test.secretsManager.secrets.set('test/admin-token', 'new_token')
    test.time.now += DAY_MS / 2
    expect(await generate(USER, { authorization: 'Bearer new_token' })).toMatchObject({
      status: 200,
    })
    expect(await generate(USER)).toMatchObject({ status: 401 })
    test.secretsManager.secrets.set('test/admin-token', 'test_admin_token')
  })
})

describe('an invalid POST /api/generate', () => {
  // The fields are proven in tests/unit/lib/http/request.test.ts.
  it.each([
    [
      'no userId',
      { tier: 'pro' },
      400,
      { error: 'Missing required fields', fields: [{ path: 'userId' }] },
    ],
    [
      'two bad fields',
      { ...USER, tier: 'hacker', duration: 0 },
      400,
      { error: 'Invalid request', fields: [{ path: 'tier' }, { path: 'duration' }] },
    ],
    ['no JSON', '{"userId":', 400, { fields: [{ path: '' }] }],
    ['2 MB', { ...USER, userId: 'x'.repeat(2_000_000) }, 413, { code: 'TOO_LARGE' }],
  ])('with %s is refused and writes nothing', async (_, body, status, expected) => {
    expect(await generate(body)).toMatchObject({ status, body: { retryable: false, ...expected } })
    expect(test.commands).toEqual(['GetItemCommand'])
  })

  it('with a blank in its Idempotency-Key is refused and writes nothing', async () => {
    expect(await generate(USER, { ...TOKEN, 'idempotency-key': 'a b' })).toMatchObject({
      status: 400,
      body: { fields: [{ path: 'headers.idempotency-key' }] },
    })
    expect(test.commands).toEqual(['GetItemCommand'])
  })
})
