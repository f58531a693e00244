import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../../functions/generate.ts'
import { createHandler as createVerifyHandler } from '../../../functions/verify.ts'
import { DAY_MS, LIFETIME_DAYS } from '../../../lib/license/index.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { sized } from '../../support/size.ts'
import { allItems } from '../../support/table.ts'

const TOKEN = { authorization: 'Bearer test_admin_token' }
/** Calls at once. Each loses every race for a second but one, so the work grows with the square. */
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
  it('answers all that the seed answers, and a key that verifies', async () => {
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
  ])('gives the tier %s its own duration when none is asked for', async (tier, days) => {
    const { body } = await generate({ userId: 'user_default', tier })
    expect(body.expiresAt - body.generatedAt).toBe(days * DAY_MS)
  })

  it.each([
    [1, 1],
    [36_500, 36_500],
    [-1, LIFETIME_DAYS],
  ])('takes a duration of %d', async (duration, days) => {
    const { body } = await generate({ ...USER, duration })
    expect(body.expiresAt - body.generatedAt).toBe(days * DAY_MS)
  })

  it('keeps a user id as it is given, with any character', async () => {
    const userId = 'a:b 🦅 e\u0301'
    const { body } = await generate({ userId, tier: 'pro' })
    expect(body.userId).toBe(userId)
    expect(await verify(body.license)).toMatchObject({ valid: true, userId })
  })

  it('answers null for what was not given', async () => {
    const { body } = await generate({ userId: 'user_bare', tier: 'free', userEmail: null })
    expect(body).toMatchObject({ userEmail: null, paymentIntentId: null })
  })

  it('makes different keys for many calls of one user, tier and second at once, and all of them verify', async () => {
    const answers = await Promise.all(
      Array.from({ length: CROWD }, () => generate({ userId: 'user_crowd', tier: 'elite' })),
    )
    const keys = answers.map(({ body }) => body.license)
    expect(new Set(keys).size).toBe(CROWD)
    const verdicts = await Promise.all(keys.map(verify))
    expect(verdicts.filter(({ valid }) => valid)).toHaveLength(CROWD)
  })

  it('leaves no key and no signature in the table', async () => {
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

  it('writes an issue in one transaction, after a look at its caller and its payment', async () => {
    await generate({ ...USER, userId: 'user_one' }, { ...TOKEN, 'idempotency-key': 'one' })
    expect(test.commands).toEqual(['GetItemCommand', 'TransactWriteItemsCommand'])
    test.commands.length = 0
    const paid = { userId: 'user_two', paymentIntentId: 'pi_two' }
    await generate({ ...USER, ...paid }, { ...TOKEN, 'idempotency-key': 'two' })
    expect(test.commands.slice(1)).toEqual(['GetItemCommand', 'TransactWriteItemsCommand'])
  })

  it('is not for pages to read unless their origin is configured', async () => {
    const own = await generate(USER, { ...TOKEN, origin: 'http://localhost:5174' })
    const foreign = await generate(USER, { ...TOKEN, origin: 'https://evil.example' })
    expect(own.headers).toMatchObject({ 'Access-Control-Allow-Origin': 'http://localhost:5174' })
    expect(foreign.headers).not.toHaveProperty('Access-Control-Allow-Origin')
  })

  it('tells every cache on the way not to keep the key', async () => {
    expect((await generate(USER)).headers).toMatchObject({ 'cache-control': 'no-store' })
  })
})

describe('a repeated POST /api/generate', () => {
  it('answers the first license for the same payment, however often and whenever', async () => {
    const order = { ...USER, paymentIntentId: 'pi_again' }
    const first = await generate(order)
    test.time.now += 40 * DAY_MS
    const again = await generate({ ...order, duration: 300 })
    expect(again).toMatchObject({ status: 200, body: { license: first.body.license } })
    expect(again.body).toEqual(first.body)
  })

  it('makes one license of one payment when two servers ask at once', async () => {
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

  it('answers the first license for the same Idempotency-Key, whatever else the client adds', async () => {
    const headers = { ...TOKEN, 'idempotency-key': 'key_same' }
    const first = await generate({ ...USER, timestamp: 1 }, headers)
    test.time.now += 5000
    const again = await generate({ ...USER, timestamp: 2 }, headers)
    expect(again.body).toEqual(first.body)
  })

  it('is refused for the same Idempotency-Key with another order', async () => {
    const headers = { ...TOKEN, 'idempotency-key': 'key_reused' }
    await generate(USER, headers)
    expect(await generate({ ...USER, duration: 31 }, headers)).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT' },
    })
  })

  it('is a new order once the Idempotency-Key is 24 hours old, deleted or not', async () => {
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

describe('who may POST /api/generate', () => {
  it.each([
    ['nobody', undefined],
    ['a wrong token', 'Bearer wrong'],
    ['the token without its scheme', 'test_admin_token'],
    ['another scheme', 'Basic test_admin_token'],
    ['an empty token', 'Bearer '],
    ['more than the token', 'Bearer test_admin_token '.repeat(2)],
  ])('is not %s', async (_, authorization) => {
    expect(await generate(USER, { authorization })).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHORIZED', error: expect.any(String), retryable: false },
      headers: { 'www-authenticate': 'Bearer' },
    })
    expect(test.commands).not.toContain('TransactWriteItemsCommand')
  })

  it('is whoever has the token of now, once it was changed', async () => {
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

describe('a bad POST /api/generate', () => {
  const long = 'x'.repeat(10_000)
  it.each([
    ['no userId', { tier: 'pro' }, ['userId']],
    ['no tier', { userId: 'u' }, ['tier']],
    ['an empty userId', { ...USER, userId: '' }, ['userId']],
    ['a long userId', { ...USER, userId: long }, ['userId']],
    ['a lone surrogate', { ...USER, userId: '\ud800' }, ['userId']],
    ['a number for a userId', { ...USER, userId: 7 }, ['userId']],
    [
      'null for everything',
      { userId: null, tier: null, duration: null },
      ['userId', 'tier', 'duration'],
    ],
    ['lists', { userId: ['u'], tier: ['pro'] }, ['userId', 'tier']],
    ['an unknown tier', { ...USER, tier: 'hacker' }, ['tier']],
    ['what every object has', { ...USER, tier: 'constructor' }, ['tier']],
    ['a bad e-mail', { ...USER, userEmail: 'nobody' }, ['userEmail']],
    ['a long e-mail', { ...USER, userEmail: `${long}@example.com` }, ['userEmail']],
    ['a long payment', { ...USER, paymentIntentId: long }, ['paymentIntentId']],
    ['duration 0', { ...USER, duration: 0 }, ['duration']],
    ['duration -2', { ...USER, duration: -2 }, ['duration']],
    ['duration 1.5', { ...USER, duration: 1.5 }, ['duration']],
    ['duration 1e9', { ...USER, duration: 1e9 }, ['duration']],
    ['duration as text', { ...USER, duration: '30' }, ['duration']],
    ['a list', [USER], ['']],
    ['null', null, ['']],
    ['a text', '"user"', ['']],
    ['no JSON', '{"userId":', ['']],
    ['an empty body', '', ['']],
  ])('with %s names the fields, and nothing is written', async (_, body, paths) => {
    const answer = await generate(body)
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', retryable: false },
    })
    const named = answer.body.fields.map(({ path }: { path: string }) => path)
    expect([...new Set(named)]).toEqual(paths)
    expect(test.commands).toEqual(['GetItemCommand'])
  })

  it('says what the seed says when userId or tier is missing', async () => {
    expect((await generate({ userId: 'u' })).body.error).toBe('Missing required fields')
    expect((await generate({ ...USER, tier: 7 })).body.error).not.toBe('Missing required fields')
  })

  it.each([
    ['a space', 'a b'],
    ['nothing', ''],
    ['256 characters', 'k'.repeat(256)],
    ['other than ASCII', 'ключ'],
  ])('with %s for an Idempotency-Key is refused', async (_, key) => {
    expect(await generate(USER, { ...TOKEN, 'idempotency-key': key })).toMatchObject({
      status: 400,
      body: { fields: [{ path: 'headers.idempotency-key' }] },
    })
    expect(test.commands).toEqual(['GetItemCommand'])
  })

  it('of 2 MB is refused as too large', async () => {
    expect(await generate({ ...USER, userId: 'x'.repeat(2_000_000) })).toMatchObject({
      status: 413,
      body: { code: 'TOO_LARGE' },
    })
  })
})
