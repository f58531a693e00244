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
const GUESSER = '198.51.100.66'
const CUSTOMER = '198.51.100.7'
/** Calls at once. */
const CROWD = sized(60, 200)

let test: TestRuntime
let window = 0
beforeAll(async () => {
  test = await aRuntime()
})
beforeEach(() => {
  // Each test has a window of its own.
  test.time.now = NOW + ++window * WINDOW_MS
  test.commands.length = 0
})
afterAll(() => test.stop())

/** The functions of another Lambda: it shares the table with the others and remembers nothing of theirs. */
const another = () => ({
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
type Route = keyof typeof HANDLERS

async function send(
  route: Route,
  body: object,
  { ip = GUESSER, runtime = test.runtime, token = '' } = {},
) {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  const response = await HANDLERS[route](runtime)(aPost(body, { route, ip, headers }), aContext())
  return { status: response.statusCode, body: bodyOf(response), headers: response.headers }
}
const verify = (license: string, options: Parameters<typeof send>[2] = {}) =>
  send('/api/verify', { license }, options)

let forged = 0
const aForgedKey = () => `QF-PRO-${(++forged).toString(16).padStart(12, '0')}-1735689600`

let users = 0
const aKey = async (order: object = {}) => {
  const { key } = await issued(test.runtime.store, { userId: `tries_user_${++users}`, ...order })
  return `${key}`
}

async function exhaust(options: Parameters<typeof send>[2] = {}) {
  for (let failure = 1; failure <= LIMIT; failure++) {
    expect(await verify(aForgedKey(), options)).toMatchObject({ status: 401 })
  }
}

const counters = async () =>
  (await allItems(test.table)).filter(({ pk }) => `${pk}`.startsWith('TRIES#'))

describe('whoever presents forged keys', () => {
  it('is answered twenty times, and then no more until the window ends', async () => {
    await exhaust()
    expect(await verify(aForgedKey())).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMITED', retryable: true },
      headers: {
        'retry-after': '600',
        'ratelimit-policy': '"failures";q=20;w=600',
        ratelimit: '"failures";r=0;t=600',
      },
    })
    test.time.now += WINDOW_MS - 1
    expect(await verify(aForgedKey())).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
    })
    test.time.now += 1
    expect(await verify(aForgedKey())).toMatchObject({ status: 401, body: { code: 'NOT_FOUND' } })
    window += 1
  })

  it('is not told when a guess is right', async () => {
    const key = await aKey()
    await exhaust()
    for (const runtime of [test.runtime, another()]) {
      const { status, body } = await verify(key, { runtime })
      expect([status, body.code]).toEqual([429, 'RATE_LIMITED'])
      expect(body).not.toHaveProperty('userId')
      // It says nothing of the key, so no app may take it for a bad one.
      expect(body).not.toHaveProperty('valid')
    }
    expect(await verify(key, { ip: CUSTOMER })).toMatchObject({ status: 200 })
  })

  it('is one with all of its IPv6 network, and not with the next', async () => {
    for (let failure = 1; failure <= LIMIT; failure++) {
      expect(await verify(aForgedKey(), { ip: `2001:db8:5:6::${failure}` })).toMatchObject({
        status: 401,
      })
    }
    const key = await aKey()
    expect(await verify(key, { ip: '2001:db8:5:6:ffff::1' })).toMatchObject({ status: 429 })
    expect(await verify(key, { ip: '2001:db8:5:7::1' })).toMatchObject({ status: 200 })
  })

  it('is known by the address that the gateway saw, whatever a header says', async () => {
    const guess = (forwarded: string) =>
      createVerifyHandler(test.runtime)(
        aPost(
          { license: aForgedKey() },
          {
            ip: GUESSER,
            headers: { 'x-forwarded-for': forwarded, forwarded: `for=${forwarded}` },
          },
        ),
        aContext(),
      )
    for (let failure = 1; failure <= LIMIT; failure++) await guess(`192.0.2.${failure}`)
    expect(await guess('192.0.2.99')).toMatchObject({ statusCode: 429 })
  })

  it('is counted by all routes that take a key together', async () => {
    const routes = ['/api/verify', '/api/activate', '/api/deactivate', '/api/devices'] as const
    for (let failure = 0; failure < LIMIT; failure++) {
      const route = routes[failure % routes.length] ?? '/api/verify'
      const { status } = await send(route, { license: aForgedKey(), deviceId: 'd' })
      expect(status).toBe(401)
    }
    for (const route of routes) {
      const license = await aKey()
      expect(await send(route, { license, deviceId: 'd' })).toMatchObject({ status: 429 })
    }
  })

  it('learns no more from many at once than from one after the other', async () => {
    const instances = [another(), another(), another()]
    const answers = await Promise.all(
      Array.from({ length: CROWD }, (_, index) =>
        verify(aForgedKey(), { runtime: instances[index % 3] ?? test.runtime }),
      ),
    )
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
    expect([count(401), count(429)]).toEqual([LIMIT, CROWD - LIMIT])
  })

  it('is not answered while failures cannot be counted', async () => {
    const rateLimits = {
      addFailure: async () => {
        throw Object.assign(new Error('down'), { name: 'StoreUnavailable' })
      },
    }
    const { status } = await verify(aForgedKey(), { runtime: { ...test.runtime, rateLimits } })
    expect(status).toBeGreaterThanOrEqual(500)
  })

  it('leaves nothing behind that says who it was, and not for long', async () => {
    await verify(aForgedKey(), { ip: '198.51.100.200' })
    const items = await counters()
    expect(JSON.stringify(items)).not.toContain('198.51')
    for (const { ttl } of items) expect(Number(ttl) * 1000).toBeLessThan(NOW + 10 ** 9)
    expect(items).toContainEqual(
      expect.objectContaining({ failures: 1, ttl: (test.time.now + WINDOW_MS) / 1000 }),
    )
  })
})

describe('a flood of 2,000 forged keys from one address', () => {
  it('costs twenty looks, and no customer notices', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => aKey()))
    const before = (await counters()).length
    test.commands.length = 0
    const answered = { 200: 0, 401: 0, 429: 0 } as Record<number, number>
    for (let guess = 0; guess < 2000; guess++) {
      const { status = 0 } = await verify(aForgedKey())
      answered[status] = (answered[status] ?? 0) + 1
      if (guess % 20 === 0) {
        const key = keys[(guess / 20) % keys.length] ?? ''
        const { status: good } = await verify(key, { ip: CUSTOMER })
        answered[good ?? 0] = (answered[good ?? 0] ?? 0) + 1
      }
    }
    expect(answered).toEqual({ 200: 100, 401: LIMIT, 429: 1980 })
    const asked = (command: string) => test.commands.filter((name) => name === command).length
    // Twenty guesses and a hundred customers: once the limit was reached, no guess was looked up.
    expect(asked('GetItemCommand') + asked('BatchGetItemCommand')).toBe(LIMIT + 100)
    // The counter of each address was read once.
    expect(asked('BatchGetItemCommand')).toBe(2)
    expect(asked('UpdateItemCommand')).toBe(LIMIT)
    expect(test.commands).toHaveLength(2 * LIMIT + 100)
    expect(await counters()).toHaveLength(before + 1)
  }, 120_000)
})

describe('a counter that was read', () => {
  const reads = () => test.commands.splice(0)

  it('is taken for what it was for five seconds, so that one item less is read', async () => {
    const key = await aKey()
    test.commands.length = 0
    await verify(key)
    expect(reads()).toEqual(['BatchGetItemCommand'])
    test.time.now += 4999
    await verify(key)
    expect(reads()).toEqual(['GetItemCommand'])
    test.time.now += 1
    await verify(key)
    expect(reads()).toEqual(['BatchGetItemCommand'])
    await verify(key, { ip: CUSTOMER })
    expect(reads()).toEqual(['BatchGetItemCommand'])
  })

  it('is read again in the next window', async () => {
    const key = await aKey()
    test.time.now = NOW + ++window * WINDOW_MS - 1
    await verify(key)
    test.commands.length = 0
    test.time.now += 1
    await verify(key)
    expect(reads()).toEqual(['BatchGetItemCommand'])
  })

  it('is read again when the clock was put back', async () => {
    const key = await aKey()
    test.time.now += 60_000
    await verify(key)
    test.commands.length = 0
    test.time.now -= 60_000
    await verify(key)
    expect(reads()).toEqual(['BatchGetItemCommand'])
  })

  it('lets whoever failed elsewhere since guess once more here, and not twice', async () => {
    const key = await aKey()
    const others = [another(), another()] as const
    for (const runtime of others) await verify(key, { runtime })
    await exhaust()
    const [first, second] = others
    expect(await verify(aForgedKey(), { runtime: first })).toMatchObject({ status: 429 })
    expect(await verify(key, { runtime: first })).toMatchObject({ status: 429 })
    // It did not fail here, and is who it was some seconds ago.
    expect(await verify(key, { runtime: second })).toMatchObject({ status: 200 })
    test.time.now += 5000
    expect(await verify(key, { runtime: second })).toMatchObject({ status: 429 })
  })
})

describe('what is counted of verifications', () => {
  it('is their codes, and guesses by whether they were answered', async () => {
    await exhaust()
    test.counts.length = 0
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
})

describe('whoever has a key that was bought', () => {
  it('is never counted, good or not any more', async () => {
    const expired = await aKey({ durationDays: 1 })
    const good = await aKey({ durationDays: 1000 })
    test.time.now = NOW + 400 * WINDOW_MS
    for (let time = 0; time < LIMIT + 5; time++) {
      expect(await verify(expired)).toMatchObject({ body: { code: 'EXPIRED' } })
      expect(await send('/api/verify', { license: good, deviceId: 'x' })).toMatchObject({
        body: { code: 'DEVICE_NOT_ACTIVATED' },
      })
    }
    expect(test.commands).not.toContain('UpdateItemCommand')
    expect(await verify(good)).toMatchObject({ status: 200 })
  })

  it('is not counted for a text that is no key, which no database is asked for', async () => {
    for (let time = 0; time < LIMIT + 5; time++) {
      expect(await verify('no key')).toMatchObject({ status: 401 })
    }
    expect(test.commands).toEqual([])
  })

  it('is told twenty times that its seats are taken, from wherever it asks', async () => {
    const license = await aKey({ seats: 1 })
    const activate = (deviceId: string, typed = license) =>
      send('/api/activate', { license: typed, deviceId }, { ip: `198.51.100.${++forged % 250}` })
    expect(await activate('first')).toMatchObject({ status: 200 })
    for (let failure = 1; failure <= LIMIT; failure++) {
      expect(await activate(`more_${failure}`)).toMatchObject({ status: 409 })
    }
    expect(await activate('more')).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMITED', retryable: true },
    })
    expect(await activate('more', ` ${license.toLowerCase()} `)).toMatchObject({ status: 429 })
    expect(await activate('first')).toMatchObject({ status: 200 })
    // Its devices go on, a seat can be freed, and other licenses are not concerned.
    const device = { license, deviceId: 'first' }
    expect(await send('/api/verify', device)).toMatchObject({ status: 200 })
    expect(await send('/api/deactivate', device)).toMatchObject({ status: 200 })
    expect(await activate('first', await aKey({ seats: 1 }))).toMatchObject({ status: 200 })
    test.time.now += WINDOW_MS
    expect(await activate('more')).toMatchObject({ status: 200 })
    window += 1
  })
})

describe('whoever presents wrong API tokens', () => {
  const issue = (token: string, options: object = {}) =>
    send('/api/generate', { userId: 'u', tier: 'pro' }, { token, ...options })
  const admin = async (token: string) => {
    const event = aRequest('GET', '/api/admin/licenses', {
      headers: { authorization: `Bearer ${token}` },
      ip: GUESSER,
    })
    return createAdminHandler(test.runtime)(event, aContext())
  }

  it.each([
    ['any texts', (index: number) => `guess_${index}`],
    ['what looks like a token', () => makeToken('test')],
  ])('as %s is answered twenty times, and then not even with the right one', async (_, guess) => {
    for (let failure = 1; failure <= LIMIT; failure++) {
      expect(await issue(guess(failure))).toMatchObject({ status: 401 })
    }
    for (const runtime of [test.runtime, another()]) {
      expect(await issue('test_admin_token', { runtime })).toMatchObject({
        status: 429,
        body: { code: 'RATE_LIMITED' },
        headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      })
    }
    expect(await admin('test_admin_token')).toMatchObject({ statusCode: 429 })
    expect(await issue('test_admin_token', { ip: CUSTOMER })).toMatchObject({ status: 200 })
  })

  it('may still ask for licenses, as forged keys do not lock out who has a token', async () => {
    for (let failure = 1; failure <= LIMIT; failure++) await issue('wrong')
    expect(await verify(await aKey())).toMatchObject({ status: 200 })
    await exhaust({ ip: CUSTOMER })
    expect(await issue('test_admin_token', { ip: CUSTOMER })).toMatchObject({ status: 200 })
  })

  it('is not counted for one that has ended: a server that was not told would lock out the others', async () => {
    const ended = makeToken('test')
    const { pepper } = someKeys()
    await test.runtime.tokens.add({
      id: tokenId(ended, pepper),
      name: 'ended',
      scopes: ['licenses:issue'],
      createdAt: NOW,
      createdBy: 'root',
      expiresAt: null,
      revokedAt: NOW,
      lastUsedAt: null,
    })
    for (let time = 0; time < LIMIT + 5; time++) {
      expect(await issue(ended)).toMatchObject({ status: 401 })
    }
    expect(test.commands).not.toContain('UpdateItemCommand')
    expect(await issue('test_admin_token')).toMatchObject({ status: 200 })
  })

  it('is not counted without one: there is nothing to guess at', async () => {
    for (let time = 0; time < LIMIT + 5; time++) {
      expect(await send('/api/generate', { userId: 'u', tier: 'pro' })).toMatchObject({
        status: 401,
      })
    }
    expect(test.commands).toEqual([])
  })
})
