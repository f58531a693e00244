import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { DynamoDBStreamEvent } from 'aws-lambda'
import { fileStorage } from '../../clients/typescript/src/file.ts'
import {
  createLicenseClient,
  type LicenseStatus,
  memoryStorage,
  type Options,
  type PublishedKeys,
  type Storage,
} from '../../clients/typescript/src/index.ts'
import { createHandler as createRevocationsHandler } from '../../functions/revocations.ts'
import { DAY_MS } from '../../lib/license/index.ts'
import { signingKeyOf } from '../../lib/signing/key.ts'
import { toKey } from '../../lib/signing/secret.ts'
import { endorse, signToken } from '../../lib/signing/token.ts'
import { aFront, type Front } from '../support/front.ts'
import { aContext } from '../support/http.ts'
import { issued, NOW } from '../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../support/runtime.ts'
import { type ApiServer, anApiServer } from '../support/server.ts'
import { streamOf } from '../support/stream.ts'

let test: TestRuntime
let server: ApiServer
let front: Front
let keys: PublishedKeys

beforeAll(async () => {
  test = await aRuntime()
  server = await anApiServer(test.runtime)
  front = await aFront(server.url)
  keys = await published()
})
beforeEach(() => {
  test.time.now = NOW
  front.open()
})
afterAll(async () => {
  await front.stop()
  await server.stop()
  await test.stop()
})

const published = async () =>
  (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as PublishedKeys

const aClient = (options: Partial<Options> = {}) =>
  createLicenseClient({
    url: front.url,
    keys,
    storage: memoryStorage(),
    now: () => test.time.now,
    timeoutMs: 400,
    // Each would be a pause.
    retries: 0,
    ...options,
  })

let users = 0
async function aKey(order: Parameters<typeof issued>[1] = {}) {
  const userId = `client_user_${++users}`
  const { key, license } = await issued(
    test.runtime.store,
    { userId, ...order },
    { now: test.time.now },
  )
  return { key: `${key}`, id: license.id, userId }
}

/** A client with an activated license. */
async function activated(options: Partial<Options> = {}) {
  const license = await aKey()
  const client = aClient(options)
  expect(await client.activate(license.key)).toMatchObject({ status: 'valid' })
  return { client, ...license }
}

async function admin(id: string, action: string) {
  const response = await fetch(`${server.url}/api/admin/licenses/${id}/${action}`, {
    method: 'POST',
    headers: { authorization: 'Bearer test_admin_token', 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'x' }),
  })
  expect(response.status).toBe(200)
  return (await response.json()) as { license: string }
}

/** A client to which answers come only once they are set free. */
function aSlowClient(storage: Storage) {
  const { promise, resolve: free } = Promise.withResolvers<void>()
  const slow = aClient({
    storage,
    fetch: async (...request) => {
      const response = await fetch(...request)
      await promise
      return response
    },
  })
  return { slow, free }
}

/** Nobody answers any more. */
const cut = (only = /./) => {
  front.instead = ({ url = '', socket }) => {
    const isCut = only.test(url)
    if (isCut) socket.destroy()
    return isCut
  }
}

const answering =
  (status: number, type: string, body: string, headers: Record<string, string> = {}) =>
  (_: unknown, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body)
    return true
  }

describe('a client that asks', () => {
  it('says whether any key is good, and keeps nothing of it', async () => {
    const { key, userId, id } = await aKey()
    const client = aClient()
    expect(await client.verify(`  ${key.toLowerCase()} `)).toEqual({
      status: 'valid',
      code: 'VALID',
      source: 'online',
      licenseId: id,
      userId,
      tier: 'pro',
      features: test.runtime.catalog.tiers['pro']?.features,
      state: 'active',
      expiresAt: NOW + 30 * DAY_MS,
      offlineUntil: null,
    })
    expect(await client.verify('nonsense')).toEqual({
      status: 'invalid',
      code: 'NOT_FOUND',
      source: 'online',
    })
    expect(await client.check()).toEqual({ status: 'unknown', code: 'NO_LICENSE' })
    expect(await client.deactivate()).toEqual({ status: 'unknown', code: 'NO_LICENSE' })
  })

  it('activates, checks and deactivates, again and again for one seat', async () => {
    const { key } = await aKey({ seats: 1 })
    const client = aClient()
    const offlineUntil = NOW + 14 * DAY_MS
    expect(await client.activate(key, 'Desk')).toMatchObject({ status: 'valid', offlineUntil })
    expect(await client.activate(key)).toMatchObject({ status: 'valid' })
    expect(await client.check()).toMatchObject({ status: 'valid', source: 'online', offlineUntil })

    const other = aClient()
    expect(await other.activate(key)).toEqual({
      status: 'invalid',
      code: 'DEVICE_LIMIT_REACHED',
      source: 'online',
      devices: [{ name: 'Desk', hint: expect.any(String), activatedAt: NOW }],
    })
    expect(await client.deactivate()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED' })
    expect(await client.check()).toMatchObject({ code: 'NO_LICENSE' })
    expect(await other.activate(key)).toMatchObject({ status: 'valid' })
  })

  it('keeps the license that it has when another cannot be had', async () => {
    const { client } = await activated()
    expect(await client.activate('nonsense')).toMatchObject({ code: 'NOT_FOUND' })
    expect(await client.check()).toMatchObject({ status: 'valid' })
  })

  it('says what an expired license falls back to, and is good again once it is paid', async () => {
    const { client, id } = await activated()
    test.time.now = NOW + 31 * DAY_MS
    expect(await client.check()).toMatchObject({ code: 'EXPIRED', fallback: { tier: 'free' } })
    const body = JSON.stringify({ reason: 'x', days: 9 })
    await fetch(`${server.url}/api/admin/licenses/${id}/extend`, {
      method: 'POST',
      headers: { authorization: 'Bearer test_admin_token', 'content-type': 'application/json' },
      body,
    })
    expect(await client.check()).toMatchObject({ status: 'valid' })
  })

  it('says what is wrong with a request that nobody can answer', async () => {
    expect(await aClient().verify(' ')).toEqual({
      status: 'unknown',
      code: 'INVALID_REQUEST',
      detail: 'No license provided',
    })
  })

  it('tries again what failed, and takes no second seat for it', async () => {
    const { key } = await aKey({ seats: 1 })
    let left = 2
    front.passing = (answer) => {
      if (left-- > 0) Object.assign(answer, { status: 503, body: '{}' })
    }
    const client = createLicenseClient({ url: front.url, keys, storage: memoryStorage() })
    expect(await client.activate(key)).toMatchObject({ status: 'valid', source: 'online' })
    expect(front.asked).toHaveLength(3)
  })

  it('asks once for two checks at the same moment', async () => {
    const { client } = await activated()
    front.open()
    const [one, two] = await Promise.all([client.check(), client.check()])
    expect(one).toBe(two)
    expect(front.asked).toEqual(['/api/verify'])
  })

  it('tells of changes, and of nothing else', async () => {
    const told: string[] = []
    const { client, id } = await activated({
      onChange: (status: LicenseStatus) => void told.push(`${status.status} ${status.code}`),
    })
    await client.check()
    cut()
    await client.check()
    front.open()
    await admin(id, 'suspend')
    await client.check()
    await client.check()
    expect(told).toEqual(['valid VALID', 'invalid SUSPENDED'])
  })
})

describe('a client that cannot ask', () => {
  const json = 'application/json'
  const FAILURES: [string, Front['instead']][] = [
    [
      'no connection',
      ({ socket }) => {
        socket.destroy()
        return true
      },
    ],
    ['no answer', () => true],
    ['an error of the service', answering(500, json, '{"code":"INTERNAL"}')],
    ['a service that is unwell', answering(503, json, '{"code":"UNAVAILABLE"}')],
    ['a gateway that gives up', answering(504, 'text/html', '<h1>504</h1>')],
    ['too many requests', answering(429, json, '{"message":"Too Many Requests"}')],
    ['a captive portal', answering(200, 'text/html', '<title>Welcome to the hotel</title>')],
    [
      'a captive portal that leads away',
      answering(302, 'text/html', '', { location: 'http://127.0.0.1:1/login' }),
    ],
    ['a proxy that wants a password', answering(407, 'text/html', 'password?')],
    ['somebody else’s 404', answering(404, json, '{"message":"Not Found"}')],
    ['a refusal that nobody signed', answering(401, json, '{"valid":false,"code":"REVOKED"}')],
    ['a consent that nobody signed', answering(200, json, '{"valid":true,"code":"VALID"}')],
    ['a token that is none', answering(200, json, '{"token":"x"}')],
    ['an answer that is no object', answering(200, json, 'null')],
  ]

  it.each(FAILURES)('for %s goes on with its lease', async (_, instead) => {
    const { client, userId } = await activated()
    test.time.now = NOW + 13 * DAY_MS
    front.instead = instead
    expect(await client.check()).toMatchObject({
      status: 'valid',
      source: 'lease',
      userId,
      tier: 'pro',
      offlineUntil: NOW + 14 * DAY_MS,
    })
  })

  it.each(FAILURES)('for %s never says that a key is bad', async (_, instead) => {
    const { key } = await aKey()
    front.instead = instead
    for (const status of [await aClient().verify(key), await aClient().activate(key)]) {
      expect(status).toMatchObject({
        status: 'unknown',
        code: expect.stringMatching(/^(UNREACHABLE|UNTRUSTED)$/),
      })
    }
  })

  it('goes on after a start too, until the lease ends', async () => {
    const storage = memoryStorage()
    await activated({ storage })
    cut()
    const client = aClient({ storage })
    const days = async (days: number) => {
      test.time.now = NOW + days * DAY_MS
      return client.check()
    }
    expect(await days(14)).toMatchObject({ source: 'lease' })
    expect(await days(14 + 299 / 86_400)).toMatchObject({ source: 'lease' })
    expect(await days(14 + 301 / 86_400)).toEqual({
      status: 'unknown',
      code: 'LEASE_ENDED',
      detail: 'UNREACHABLE',
    })
    front.open()
    expect(await days(15)).toMatchObject({ source: 'online', offlineUntil: NOW + 29 * DAY_MS })
  })

  it('does not let the clock be set back, and forgives it once it has asked', async () => {
    const { client } = await activated()
    cut()
    test.time.now = NOW + 10 * DAY_MS
    expect(await client.check()).toMatchObject({ source: 'lease' })
    test.time.now -= 299_000
    expect(await client.check()).toMatchObject({ source: 'lease' })
    test.time.now -= 2000
    expect(await client.check()).toEqual({ status: 'unknown', code: 'CLOCK_SET_BACK' })
    test.time.now = NOW - 301_000
    expect(await client.check()).toMatchObject({ code: 'CLOCK_SET_BACK' })
    front.open()
    test.time.now = NOW + DAY_MS
    expect(await client.check()).toMatchObject({ source: 'online' })
    cut()
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })

  it('is good by an answer whatever its own clock says', async () => {
    const { key } = await aKey()
    const wrong = aClient({ now: () => NOW - 400 * DAY_MS })
    expect(await wrong.activate(key)).toMatchObject({ status: 'valid' })
    expect(await wrong.check()).toMatchObject({ status: 'valid', source: 'online' })
  })

  it('remembers that the license was refused, and what for', async () => {
    const storage = memoryStorage()
    const { client, id } = await activated({ storage })
    await admin(id, 'revoke')
    expect(await client.check()).toMatchObject({ code: 'REVOKED', source: 'online' })
    cut()
    expect(await aClient({ storage }).check()).toEqual({
      status: 'invalid',
      code: 'REVOKED',
      source: 'kept',
    })
    front.open()
    await admin(id, 'reinstate')
    expect(await client.check()).toMatchObject({ status: 'valid' })
  })

  it('keeps its seat and its license when it cannot give them back', async () => {
    const { client } = await activated()
    cut()
    expect(await client.deactivate()).toMatchObject({ code: 'UNREACHABLE' })
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })
})

describe('a client that reaches nothing but the list of revocations', () => {
  async function revoked() {
    const { client, id, ...rest } = await activated()
    test.time.now = NOW + 1000
    await admin(id, 'revoke')
    const Records = await streamOf(test.table)
    const event = { Records } as DynamoDBStreamEvent
    await createRevocationsHandler(test.runtime)(event, aContext())
    return { client, id, ...rest }
  }

  it('learns of a revocation, and does not forget it when that is gone too', async () => {
    const { client } = await revoked()
    cut(/^\/api/)
    const known = { status: 'invalid', code: 'REVOKED', source: 'list' }
    expect(await client.check()).toEqual(known)
    cut()
    expect(await client.check()).toEqual(known)
  })

  it('takes a lease of after the revocation', async () => {
    const { client, id } = await revoked()
    test.time.now = NOW + 5000
    await admin(id, 'reinstate')
    expect(await client.check()).toMatchObject({ source: 'online' })
    cut(/^\/api/)
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })

  it('takes it from another place, and no list that another key signed', async () => {
    const { key, id } = await aKey()
    const cdn = await aFront(server.url)
    const client = aClient({ revocationsUrl: `${cdn.url}/.well-known/revocations.jwt` })
    await client.activate(key)
    cut()
    const name = id.slice(4, 16)
    const claims = { number: 99, revoked: { [name]: NOW / 1000 } }
    const list = async (secret: string) =>
      signToken(await signingKeyOf(toKey(secret)), 'revocations', claims, { now: NOW })
    const foreign = await list('foreign')
    cdn.passing = (answer) => Object.assign(answer, { body: foreign })
    expect(await client.check()).toMatchObject({ source: 'lease' })
    const own = await list('test_signing_key')
    cdn.passing = (answer) => Object.assign(answer, { body: own })
    expect(await client.check()).toMatchObject({ source: 'list' })
    await cdn.stop()
  })

  it('takes no older list than it has seen', async () => {
    const { client, id } = await activated()
    const list = async (number: number, revoked: object) =>
      signToken(
        await signingKeyOf(toKey('test_signing_key')),
        'revocations',
        { number, revoked },
        {
          now: NOW,
        },
      )
    cut(/^\/api/)
    const newest = await list(1000, {})
    front.passing = (answer) => Object.assign(answer, { body: newest })
    expect(await client.check()).toMatchObject({ source: 'lease' })
    const older = await list(999, { [id.slice(4, 16)]: NOW / 1000 })
    front.passing = (answer) => Object.assign(answer, { body: older })
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })
})

describe('a license that was bad by mistake', () => {
  const listed = async () =>
    createRevocationsHandler(test.runtime)(
      { Records: await streamOf(test.table) } as DynamoDBStreamEvent,
      aContext(),
    )

  it('is good again for a device that never asked meanwhile', async () => {
    const { client, id } = await activated()
    test.time.now = NOW + 3_600_000
    await admin(id, 'suspend')
    test.time.now += 60_000
    await admin(id, 'reinstate')
    await listed()
    cut(/^\/api/)
    test.time.now = NOW + DAY_MS
    expect(await client.check()).toMatchObject({ status: 'valid', source: 'lease' })
  })

  it('is good again for a device that saw it on the list', async () => {
    const { client, id } = await activated()
    test.time.now = NOW + 3_600_000
    await admin(id, 'suspend')
    await listed()
    cut(/^\/api/)
    expect(await client.check()).toMatchObject({ status: 'invalid', source: 'list' })
    front.open()
    test.time.now += 60_000
    await admin(id, 'reinstate')
    await listed()
    cut(/^\/api/)
    expect(await client.check()).toMatchObject({ status: 'valid', source: 'lease' })
  })

  it('is good with the lease of a new key, of the second in which the old one was replaced', async () => {
    const { id } = await aKey()
    test.time.now = NOW + 10_100
    const { license } = await admin(id, 'reissue')
    test.time.now = NOW + 10_700
    const client = aClient()
    expect(await client.activate(license)).toMatchObject({ status: 'valid' })
    await listed()
    cut(/^\/api/)
    test.time.now = NOW + DAY_MS
    expect(await client.check()).toMatchObject({ status: 'valid', source: 'lease' })
  })

  it('does not give up its seat for a key that cannot free it', async () => {
    const { client, key, id } = await activated()
    test.time.now = NOW + 10_000
    const { license } = await admin(id, 'reissue')
    expect(await client.deactivate()).toMatchObject({ status: 'invalid', code: 'REVOKED' })
    expect(await client.check()).toMatchObject({ code: 'REVOKED' })
    expect(await client.activate(license)).toMatchObject({ status: 'valid' })
    expect(await client.deactivate()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED' })
    expect(license).not.toBe(key)
  })
})

describe('whoever sits on the line', () => {
  it('cannot pass off an earlier answer as the new one', async () => {
    const { client, key, id } = await activated()
    let earlier = ''
    front.passing = ({ path, body }) => {
      if (path === '/api/verify') earlier = body
    }
    await client.check()
    await admin(id, 'revoke')
    front.passing = (answer) => {
      if (answer.path === '/api/verify') Object.assign(answer, { status: 200, body: earlier })
    }
    expect(await client.verify(key)).toEqual({
      status: 'unknown',
      code: 'UNTRUSTED',
      detail: 'NONCE',
    })
  })

  it('cannot sign with a key of his own, nor speak for it', async () => {
    const { key } = await aKey()
    const mine = await signingKeyOf(toKey('mine'))
    const endorsement = await endorse(mine, mine.publicJwk, NOW)
    let nonce = ''
    front.instead = (request, response) => {
      if (request.url?.startsWith('/.well-known')) {
        const body = { keys: [mine.publicJwk], endorsements: [endorsement] }
        return answering(200, 'application/json', JSON.stringify(body))(request, response)
      }
      request.on('data', (chunk) => {
        nonce = JSON.parse(`${chunk}`).nonce
      })
      request.on('end', async () => {
        const claims = { code: 'VALID', tier: 'lifetime', features: [], nonce }
        const token = await signToken(mine, 'verdict', claims, { now: NOW, until: NOW + DAY_MS })
        response.writeHead(200).end(JSON.stringify({ valid: true, token }))
      })
      return true
    }
    expect(await aClient().verify(key)).toMatchObject({ code: 'UNTRUSTED', detail: 'UNKNOWN_KEY' })
    expect(front.asked.at(-1)).toMatch(/^\/\.well-known\/jwks\.json\?kid=/)
  })

  it('cannot take an answer for one device to another', async () => {
    const storage = memoryStorage()
    await activated({ storage, deviceId: 'the-first-device' })
    const copied = aClient({ storage, deviceId: 'the-second-device' })
    expect(await copied.check()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED' })
    const again = memoryStorage()
    await activated({ storage: again, deviceId: 'the-first-device' })
    cut()
    expect(await aClient({ storage: again, deviceId: 'the-second-device' }).check()).toEqual({
      status: 'unknown',
      code: 'UNTRUSTED',
      detail: 'DEVICE',
    })
  })
})

describe('a client that is let down by what it runs on', () => {
  it('asks each time when nothing can be kept', async () => {
    const { key } = await aKey()
    const broken: Storage = {
      get: () => Promise.reject(new Error('no')),
      set: () => {
        throw new Error('full')
      },
    }
    const client = aClient({ storage: broken, deviceId: 'a-device-of-its-own' })
    expect(await client.activate(key)).toMatchObject({ status: 'valid', offlineUntil: null })
    expect(await client.check()).toMatchObject({ status: 'unknown', code: 'STORAGE_FAILED' })
    expect(await client.verify(key)).toMatchObject({ status: 'valid' })
    expect(await aClient({ storage: broken }).activate(key)).toMatchObject({
      status: 'unknown',
      code: 'STORAGE_FAILED',
    })
  })

  it('takes no seat at each start where nothing can be written', async () => {
    const { key } = await aKey({ seats: 1 })
    const full: Storage = {
      get: () => null,
      set: () => {
        throw new Error('QuotaExceededError')
      },
    }
    for (let start = 0; start < 3; start++) {
      expect(await aClient({ storage: full }).activate(key)).toMatchObject({
        status: 'unknown',
        code: 'STORAGE_FAILED',
      })
    }
    expect(front.asked).toEqual([])
  })

  it('does not lose its license when it cannot be read for a moment', async () => {
    const inner = memoryStorage()
    let failures = 0
    const storage: Storage = {
      get(name) {
        if (failures-- > 0) throw new Error('EBUSY')
        return inner.get(name)
      },
      set: inner.set,
    }
    const { key } = await aKey()
    const start = () => aClient({ storage, deviceId: 'the-machine' })
    await start().activate(key)
    for (failures = 1; failures <= 3; failures++) {
      const times = failures
      expect(await start().check()).toMatchObject({ code: 'STORAGE_FAILED' })
      failures = times
    }
    failures = 0
    expect(await start().check()).toMatchObject({ status: 'valid' })
  })

  it.each(['{nonsense', '[]', '"x"', '7', 'null', '{"endorsements":5,"asked":"x"}'])(
    'begins anew where %s is kept',
    async (text) => {
      const inner = memoryStorage()
      let spoilt: string | undefined = text
      const storage: Storage = {
        get: (name) => spoilt ?? inner.get(name),
        set(name, value) {
          spoilt = undefined
          return inner.set(name, value)
        },
      }
      const { key } = await aKey({ seats: 1 })
      expect(await aClient({ storage }).activate(key)).toMatchObject({ status: 'valid' })
      expect(await aClient({ storage }).check()).toMatchObject({ source: 'online' })
    },
  )

  it('takes one seat for two windows that activate at the same moment', async () => {
    const { key } = await aKey({ seats: 1 })
    const inner = memoryStorage()
    const storage: Storage = {
      get: async (name) => inner.get(name),
      set: async (name, value) => inner.set(name, value),
    }
    const both = [aClient({ storage }).activate(key), aClient({ storage }).activate(key)]
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual(['valid', 'valid'])
  })

  it('keeps the newer of two answers, in whichever order they come', async () => {
    const storage = memoryStorage()
    const { id } = await activated({ storage })
    const { slow, free } = aSlowClient(storage)
    front.open()
    const checking = slow.check()
    while (!front.asked.includes('/api/verify')) await new Promise((go) => setTimeout(go, 5))
    await new Promise((go) => setTimeout(go, 50))
    test.time.now += 5000
    await admin(id, 'revoke')
    expect(await aClient({ storage }).check()).toMatchObject({ code: 'REVOKED' })
    free()
    await checking
    cut()
    expect(await aClient({ storage }).check()).toMatchObject({ code: 'REVOKED', source: 'kept' })
  })

  it.each([
    [200, '{"token":{"toString":1,"valueOf":1}}'],
    [400, '{"code":"INVALID_REQUEST","error":{"toString":1,"valueOf":1}}'],
  ])('goes on with its lease for %d %s', async (status, body) => {
    const { client } = await activated()
    front.instead = answering(status, 'application/json', body)
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })

  it('looks at no more endorsements than a service can have made', async () => {
    const { client } = await activated()
    const mine = await signingKeyOf(toKey('mine'))
    const token = await signToken(mine, 'verdict', { code: 'VALID' }, { now: NOW })
    const looked = jest.spyOn(crypto.subtle, 'verify')
    for (const endorsements of ['A'.repeat(1_000_000), Array(100_000).fill(token), 7, null]) {
      front.instead = (request, response) => {
        const isKeys = request.url?.includes('jwks')
        const body = JSON.stringify(isKeys ? { endorsements } : { token })
        return answering(200, 'application/json', body)(request, response)
      }
      expect(await client.check()).toMatchObject({ source: 'lease' })
    }
    expect(looked.mock.calls.length).toBeLessThan(50)
  })

  it('refuses to be made where nothing could be kept', () => {
    const { storage: _, ...options } = { url: front.url, keys, storage: undefined }
    expect(() => createLicenseClient(options)).toThrow(TypeError)
  })

  it('says that it cannot check a signature, before it takes a seat', async () => {
    const { key } = await aKey()
    const [first] = keys.keys
    if (!first) throw new Error('There is no key')
    const client = aClient({ keys: { keys: [{ ...first, crv: 'Ed448' }] } })
    expect(await client.activate(key)).toMatchObject({ status: 'unknown', code: 'UNSUPPORTED' })
    expect(front.asked).toEqual([])
  })

  it('passes on what the app’s own listener throws, with everything kept', async () => {
    const storage = memoryStorage()
    const { key } = await aKey()
    const faulty = aClient({
      storage,
      onChange: () => {
        throw new Error('a fault of the app')
      },
    })
    await expect(faulty.activate(key)).rejects.toThrow('a fault of the app')
    cut()
    expect(await aClient({ storage }).check()).toMatchObject({ source: 'lease' })
  })

  it('does not bring back what another window gave up meanwhile', async () => {
    const storage = memoryStorage()
    const { client } = await activated({ storage })
    const other = aClient({ storage })
    const { slow, free } = aSlowClient(storage)
    const checking = slow.check()
    while (!front.asked.includes('/api/verify')) await new Promise((go) => setTimeout(go, 5))
    await other.deactivate()
    free()
    await checking
    expect(await client.check()).toMatchObject({ code: 'NO_LICENSE' })
  })

  it('keeps what it knows in a file, for its owner only, and leaves no other behind', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'license-client-'))
    const file = path.join(directory, 'deep', 'license.json')
    await activated({ storage: fileStorage(file) })
    cut()
    expect(await aClient({ storage: fileStorage(file) }).check()).toMatchObject({ source: 'lease' })
    expect(await readdir(path.dirname(file))).toEqual(['license.json'])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(path.dirname(file))).toEqual(['license.json'])
    const [one, two] = [fileStorage(file), fileStorage(file)]
    for (let round = 0; round < 20; round++) {
      await Promise.all([one.set('one', 'x'.repeat(300_000)), two.set('two', `${round}`)])
      expect(await two.get('two')).toBe(`${round}`)
      expect(await one.get('one')).toHaveLength(300_000)
    }
    await writeFile(file, '{ is no JSON')
    expect(await one.get('one')).toBeUndefined()
    await expect(fileStorage(directory).get('x')).rejects.toThrow('EISDIR')
    await expect(fileStorage(directory).set('x', 'y')).rejects.toThrow()
    await rm(directory, { recursive: true })
  })
})
