import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler as createAdminHandler } from '../../../functions/admin.ts'
import { createHandler as createDevicesHandler } from '../../../functions/devices.ts'
import { createHandler as createGenerateHandler } from '../../../functions/generate.ts'
import { createHandler as createVerifyHandler } from '../../../functions/verify.ts'
import { makeToken, tokenId } from '../../../lib/access/token.ts'
import { createStores } from '../../../lib/store/stores.ts'
import { aContext, aPost, aRequest, bodyOf } from '../../support/http.ts'
import { issued, NOW, someKeys } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { sized } from '../../support/size.ts'
import { allItems, aStoreTable } from '../../support/table.ts'

const LIMIT = 20
const WINDOW_MS = 10 * 60_000
const ATTACKER = '198.51.100.66'
const CUSTOMER = '198.51.100.7'
const CONCURRENT_REQUESTS = sized(60, 200)
const RATE_LIMITED = { status: 429, body: { code: 'RATE_LIMITED', retryable: true } }

let test: TestRuntime
let window = 0
beforeAll(async () => {
  test = await aRuntime()
})
beforeEach(() => {
  // Each test starts in a window of its own.
  test.time.now = NOW + ++window * WINDOW_MS
  test.commands.length = 0
})
afterAll(() => test.stop())

/** Returns the runtime of another instance, which shares the table and nothing in memory. */
const anotherInstance = () => ({
  ...test.runtime,
  ...createStores(aStoreTable(test.table)),
})

const HANDLERS = {
  '/api/verify': createVerifyHandler,
  '/api/activate': createDevicesHandler,
  '/api/deactivate': createDevicesHandler,
  '/api/devices': createDevicesHandler,
  '/api/generate': createGenerateHandler,
} as const
const KEY_ROUTES = ['/api/verify', '/api/activate', '/api/deactivate', '/api/devices'] as const

interface Options {
  readonly ip?: string
  readonly runtime?: TestRuntime['runtime']
  readonly headers?: Record<string, string>
}

async function send(
  route: keyof typeof HANDLERS,
  body: object,
  { ip = ATTACKER, runtime = test.runtime, headers = {} }: Options = {},
) {
  const response = await HANDLERS[route](runtime)(aPost(body, { route, ip, headers }), aContext())
  return { status: response.statusCode, body: bodyOf(response), headers: response.headers }
}
const verify = (license: string, options?: Options) => send('/api/verify', { license }, options)

let forged = 0
const aForgedKey = () => `QF-PRO-${(++forged).toString(16).padStart(12, '0')}-1735689600`

let users = 0
async function aKey(order: object = {}) {
  const { key } = await issued(test.runtime.store, { userId: `limit_user_${++users}`, ...order })
  test.commands.length = 0
  return `${key}`
}

async function exhaustLimit(options: (failure: number) => Options = () => ({})) {
  for (let failure = 1; failure <= LIMIT; failure++) {
    expect(await verify(aForgedKey(), options(failure))).toMatchObject({ status: 401 })
  }
}

const counters = async () =>
  (await allItems(test.table)).filter(({ pk }) => `${pk}`.startsWith('TRIES#'))

describe('forged keys', () => {
  it('are answered twenty times, then refused until the window ends', async () => {
    await exhaustLimit()
    expect(await verify(aForgedKey())).toMatchObject({
      ...RATE_LIMITED,
      headers: {
        'retry-after': '600',
        'ratelimit-policy': '"failures";q=20;w=600',
        ratelimit: '"failures";r=0;t=600',
      },
    })
    test.time.now += WINDOW_MS - 1
    const headers = { 'retry-after': '1' }
    expect(await verify(aForgedKey())).toMatchObject({ ...RATE_LIMITED, headers })
    test.time.now += 1
    expect(await verify(aForgedKey())).toMatchObject({ status: 401, body: { code: 'NOT_FOUND' } })
    window += 1
  })

  it('make a valid key be refused as well, on every instance', async () => {
    const key = await aKey()
    await exhaustLimit()
    for (const runtime of [test.runtime, anotherInstance()]) {
      const response = await verify(key, { runtime })
      expect(response).toMatchObject(RATE_LIMITED)
      expect(response.body).not.toHaveProperty('userId')
      // An app must not take the response for a verdict on its key.
      expect(response.body).not.toHaveProperty('valid')
    }
    expect(await verify(key, { ip: CUSTOMER })).toMatchObject({ status: 200 })
  })

  it('are counted for a whole IPv6 network, and not for the next', async () => {
    await exhaustLimit((failure) => ({ ip: `2001:db8:5:6::${failure}` }))
    const key = await aKey()
    expect(await verify(key, { ip: '2001:db8:5:6:ffff::1' })).toMatchObject({ status: 429 })
    expect(await verify(key, { ip: '2001:db8:5:7::1' })).toMatchObject({ status: 200 })
  })

  it('are counted for the address that the gateway saw, whatever the headers say', async () => {
    const from = (address: string) => ({
      headers: { 'x-forwarded-for': address, forwarded: `for=${address}` },
    })
    await exhaustLimit((failure) => from(`192.0.2.${failure}`))
    expect(await verify(aForgedKey(), from('192.0.2.99'))).toMatchObject({ status: 429 })
  })

  it('are counted by all routes that accept a key together', async () => {
    for (let failure = 0; failure < LIMIT; failure++) {
      const route = KEY_ROUTES[failure % KEY_ROUTES.length] ?? '/api/verify'
      const body = { license: aForgedKey(), deviceId: 'd' }
      expect(await send(route, body)).toMatchObject({ status: 401 })
    }
    for (const route of KEY_ROUTES) {
      const body = { license: await aKey(), deviceId: 'd' }
      expect(await send(route, body)).toMatchObject({ status: 429 })
    }
  })

  it('are answered twenty times even if sent concurrently to several instances', async () => {
    const instances = [anotherInstance(), anotherInstance(), anotherInstance()]
    const responses = await Promise.all(
      Array.from({ length: CONCURRENT_REQUESTS }, (_, index) =>
        verify(aForgedKey(), { runtime: instances[index % 3] ?? test.runtime }),
      ),
    )
    const count = (wanted: number) => responses.filter(({ status }) => status === wanted).length
    expect([count(401), count(429)]).toEqual([LIMIT, CONCURRENT_REQUESTS - LIMIT])
  })

  it('are not answered while failures cannot be counted', async () => {
    const rateLimits = {
      async addFailure() {
        throw Object.assign(new Error('down'), { name: 'StoreUnavailable' })
      },
    }
    const { status } = await verify(aForgedKey(), { runtime: { ...test.runtime, rateLimits } })
    expect(status).toBeGreaterThanOrEqual(500)
  })

  it('leave a counter without the address, which expires with the window', async () => {
    await verify(aForgedKey(), { ip: '198.51.100.200' })
    const items = await counters()
    expect(JSON.stringify(items)).not.toContain('198.51')
    for (const { ttl } of items) expect(Number(ttl) * 1000).toBeLessThan(NOW + 10 ** 9)
    expect(items).toContainEqual(
      expect.objectContaining({ failures: 1, ttl: (test.time.now + WINDOW_MS) / 1000 }),
    )
  })

  it('cost twenty lookups for a flood of 2,000, and customers are not affected', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => aKey()))
    const before = (await counters()).length
    test.commands.length = 0
    const statuses: Record<number, number> = { 200: 0, 401: 0, 429: 0 }
    const count = ({ status = 0 }: { status: number | undefined }) => {
      statuses[status] = (statuses[status] ?? 0) + 1
    }
    for (let guess = 0; guess < 2000; guess++) {
      count(await verify(aForgedKey()))
      if (guess % 20 === 0) {
        count(await verify(keys[(guess / 20) % keys.length] ?? '', { ip: CUSTOMER }))
      }
    }
    expect(statuses).toEqual({ 200: 100, 401: LIMIT, 429: 1980 })
    const requests = (command: string) => test.commands.filter((name) => name === command).length
    // Twenty guesses and a hundred customers: no guess beyond the limit was looked up.
    expect(requests('GetItemCommand') + requests('BatchGetItemCommand')).toBe(LIMIT + 100)
    // The counter of each address was read once.
    expect(requests('BatchGetItemCommand')).toBe(2)
    expect(requests('UpdateItemCommand')).toBe(LIMIT)
    expect(test.commands).toHaveLength(2 * LIMIT + 100)
    expect(await counters()).toHaveLength(before + 1)
  }, 120_000)
})

describe('a passed check', () => {
  const WITH_COUNTER = ['BatchGetItemCommand']
  const WITHOUT = ['GetItemCommand']
  async function readsAt(time: number, key: string, options?: Options) {
    test.time.now = time
    await verify(key, options)
    return test.commands.splice(0)
  }

  it('is valid for five seconds, for one caller', async () => {
    const key = await aKey()
    const { now } = test.time
    expect(await readsAt(now, key)).toEqual(WITH_COUNTER)
    expect(await readsAt(now + 4999, key)).toEqual(WITHOUT)
    expect(await readsAt(now + 5000, key)).toEqual(WITH_COUNTER)
    expect(await readsAt(now + 5000, key, { ip: CUSTOMER })).toEqual(WITH_COUNTER)
  })

  it('is repeated in the next window', async () => {
    const key = await aKey()
    const end = NOW + ++window * WINDOW_MS
    expect(await readsAt(end - 1, key)).toEqual(WITH_COUNTER)
    expect(await readsAt(end, key)).toEqual(WITH_COUNTER)
  })

  it('is repeated after the clock was set back', async () => {
    const key = await aKey()
    const { now } = test.time
    expect(await readsAt(now + 60_000, key)).toEqual(WITH_COUNTER)
    expect(await readsAt(now, key)).toEqual(WITH_COUNTER)
  })

  it('allows at most one more guess after failures on other instances', async () => {
    const key = await aKey()
    const [first, second] = [anotherInstance(), anotherInstance()]
    for (const runtime of [first, second]) await verify(key, { runtime })
    await exhaustLimit()
    expect(await verify(aForgedKey(), { runtime: first })).toMatchObject({ status: 429 })
    expect(await verify(key, { runtime: first })).toMatchObject({ status: 429 })
    // This instance has counted no failure and its check is still valid.
    expect(await verify(key, { runtime: second })).toMatchObject({ status: 200 })
    test.time.now += 5000
    expect(await verify(key, { runtime: second })).toMatchObject({ status: 429 })
  })
})

it('counts verifications by code, and failures and refusals', async () => {
  await exhaustLimit()
  const key = await aKey()
  test.counts.length = 0
  await verify(key, { ip: CUSTOMER })
  await verify('no key', { ip: CUSTOMER })
  await verify(aForgedKey(), { ip: CUSTOMER })
  await verify(key)
  expect(test.counts.map((count) => JSON.parse(count))).toEqual([
    { name: 'Verified', code: 'VALID' },
    { name: 'Verified', code: 'NOT_FOUND' },
    { name: 'FailedTries' },
    { name: 'Verified', code: 'NOT_FOUND' },
    { name: 'Problem', code: 'RATE_LIMITED' },
    { name: 'RefusedTries' },
  ])
})

describe('a customer', () => {
  it('is never counted for a key that was issued, valid or not', async () => {
    const expired = await aKey({ durationDays: 1 })
    const license = await aKey({ durationDays: 1000 })
    test.time.now = NOW + 400 * WINDOW_MS
    for (let time = 0; time < LIMIT + 5; time++) {
      expect(await verify(expired)).toMatchObject({ body: { code: 'EXPIRED' } })
      expect(await send('/api/verify', { license, deviceId: 'x' })).toMatchObject({
        body: { code: 'DEVICE_NOT_ACTIVATED' },
      })
    }
    expect(test.commands).not.toContain('UpdateItemCommand')
    expect(await verify(license)).toMatchObject({ status: 200 })
  })

  it('is not counted for a malformed key, which is rejected without a read', async () => {
    for (let time = 0; time < LIMIT + 5; time++) {
      expect(await verify('no key')).toMatchObject({ status: 401 })
    }
    expect(test.commands).toEqual([])
  })

  it('gets twenty responses that all seats are taken, from any address', async () => {
    const license = await aKey({ seats: 1 })
    const activate = (deviceId: string, key = license) =>
      send('/api/activate', { license: key, deviceId }, { ip: `198.51.100.${++forged % 250}` })
    expect(await activate('first')).toMatchObject({ status: 200 })
    for (let failure = 1; failure <= LIMIT; failure++) {
      expect(await activate(`more_${failure}`)).toMatchObject({ status: 409 })
    }
    expect(await activate('more')).toMatchObject(RATE_LIMITED)
    expect(await activate('more', ` ${license.toLowerCase()} `)).toMatchObject({ status: 429 })
    // Active devices, released seats and other licenses are not affected.
    expect(await activate('first')).toMatchObject({ status: 200 })
    const device = { license, deviceId: 'first' }
    expect(await send('/api/verify', device)).toMatchObject({ status: 200 })
    expect(await send('/api/deactivate', device)).toMatchObject({ status: 200 })
    expect(await activate('first', await aKey({ seats: 1 }))).toMatchObject({ status: 200 })
    test.time.now += WINDOW_MS
    expect(await activate('more')).toMatchObject({ status: 200 })
    window += 1
  })
})

describe('API tokens', () => {
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  const issue = (token: string, options: Options = {}) =>
    send('/api/generate', { userId: 'u', tier: 'pro' }, { ...bearer(token), ...options })

  it.each([
    ['any text', (index: number) => `guess_${index}`],
    ['a well-formed token', () => makeToken('test')],
  ])(
    'guessed as %s are answered twenty times, then a valid one is refused too',
    async (_, guess) => {
      for (let failure = 1; failure <= LIMIT; failure++) {
        expect(await issue(guess(failure))).toMatchObject({ status: 401 })
      }
      for (const runtime of [test.runtime, anotherInstance()]) {
        expect(await issue('test_admin_token', { runtime })).toMatchObject({
          ...RATE_LIMITED,
          headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
        })
      }
      const options = { ...bearer('test_admin_token'), ip: ATTACKER }
      const list = aRequest('GET', '/api/admin/licenses', options)
      const response = await createAdminHandler(test.runtime)(list, aContext())
      expect(response).toMatchObject({ statusCode: 429 })
      expect(await issue('test_admin_token', { ip: CUSTOMER })).toMatchObject({ status: 200 })
    },
  )

  it('and keys are limited independently', async () => {
    for (let failure = 1; failure <= LIMIT; failure++) await issue('wrong')
    expect(await verify(await aKey())).toMatchObject({ status: 200 })
    await exhaustLimit(() => ({ ip: CUSTOMER }))
    expect(await issue('test_admin_token', { ip: CUSTOMER })).toMatchObject({ status: 200 })
  })

  it('are not counted once revoked, or an outdated server would block its whole network', async () => {
    const token = makeToken('test')
    await test.runtime.tokens.add({
      id: tokenId(token, someKeys().pepper),
      name: 'revoked',
      scopes: ['licenses:issue'],
      createdAt: NOW,
      createdBy: 'root',
      expiresAt: null,
      revokedAt: NOW,
      lastUsedAt: null,
    })
    for (let time = 0; time < LIMIT + 5; time++) {
      expect(await issue(token)).toMatchObject({ status: 401 })
    }
    expect(test.commands).not.toContain('UpdateItemCommand')
    expect(await issue('test_admin_token')).toMatchObject({ status: 200 })
  })

  it('are not counted if missing', async () => {
    for (let time = 0; time < LIMIT + 5; time++) {
      const response = await send('/api/generate', { userId: 'u', tier: 'pro' })
      expect(response).toMatchObject({ status: 401 })
    }
    expect(test.commands).toEqual([])
  })
})
