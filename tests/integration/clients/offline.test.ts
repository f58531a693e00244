import { describe, expect, it } from '@jest/globals'
import { memoryStorage } from '../../../clients/typescript/src/index.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { NOW } from '../../support/licenses.ts'
import type { TestProxy } from '../../support/proxy.ts'
import { responding, useService } from '../../support/service.ts'

const service = useService()
const { aClient, aKey, activated, admin, cut } = service

describe('a client without a trusted response', () => {
  const json = 'application/json'
  const FAILURES: [string, TestProxy['instead']][] = [
    [
      'no connection',
      ({ socket }) => {
        socket.destroy()
        return true
      },
    ],
    ['no response', () => true],
    ['a server error', responding(500, json, '{"code":"INTERNAL"}')],
    ['an unavailable service', responding(503, json, '{"code":"UNAVAILABLE"}')],
    ['a gateway timeout', responding(504, 'text/html', '<h1>504</h1>')],
    ['too many requests', responding(429, json, '{"message":"Too Many Requests"}')],
    [
      'too many failed attempts',
      responding(429, json, '{"valid":false,"code":"RATE_LIMITED"}', { 'retry-after': '600' }),
    ],
    ['a captive portal', responding(200, 'text/html', '<title>Welcome to the hotel</title>')],
    [
      'a captive portal with a redirect',
      responding(302, 'text/html', '', { location: 'http://127.0.0.1:1/login' }),
    ],
    ['a proxy that requires a password', responding(407, 'text/html', 'password?')],
    ['a 404 of another server', responding(404, json, '{"message":"Not Found"}')],
    ['an unsigned refusal', responding(401, json, '{"valid":false,"code":"REVOKED"}')],
    ['an unsigned approval', responding(200, json, '{"valid":true,"code":"VALID"}')],
    ['a malformed token', responding(200, json, '{"token":"x"}')],
    ['a response that is not an object', responding(200, json, 'null')],
  ]

  it.each(FAILURES)('uses its lease for %s', async (_, instead) => {
    const storage = memoryStorage()
    const { userId } = await activated({ storage })
    service.test.time.now = NOW + 13 * DAY_MS
    service.proxy.instead = instead
    expect(await aClient({ storage, timeoutMs: 400 }).check()).toMatchObject({
      status: 'valid',
      source: 'lease',
      userId,
      tier: 'pro',
      offlineUntil: NOW + 14 * DAY_MS,
    })
  })

  it.each([
    ['retries soon after too many requests', {}, 2],
    ['does not retry before the time of Retry-After', { 'retry-after': '600' }, 1],
  ])('%s', async (_, headers, times) => {
    service.proxy.instead = responding(429, json, '{}', headers)
    await aClient({ retries: 1 }).verify((await aKey()).key)
    expect(service.proxy.requests).toHaveLength(times)
  })

  it.each(FAILURES)('never reports a key as invalid for %s', async (_, instead) => {
    const { key } = await aKey()
    service.proxy.instead = instead
    for (const status of [
      await aClient({ timeoutMs: 400 }).verify(key),
      await aClient({ timeoutMs: 400 }).activate(key),
    ]) {
      expect(status).toMatchObject({
        status: 'unknown',
        code: expect.stringMatching(/^(UNREACHABLE|UNTRUSTED)$/),
      })
    }
  })

  it('uses its lease after a restart, until it expires', async () => {
    const storage = memoryStorage()
    await activated({ storage })
    cut()
    const client = aClient({ storage })
    const days = async (days: number) => {
      service.test.time.now = NOW + days * DAY_MS
      return client.check()
    }
    expect(await days(14)).toMatchObject({ source: 'lease' })
    expect(await days(14 + 299 / 86_400)).toMatchObject({ source: 'lease' })
    expect(await days(14 + 301 / 86_400)).toEqual({
      status: 'unknown',
      code: 'LEASE_ENDED',
      detail: 'EXPIRED',
    })
    service.proxy.reset()
    expect(await days(15)).toMatchObject({ source: 'online', offlineUntil: NOW + 29 * DAY_MS })
  })

  it('detects a clock that was set back, until the next response', async () => {
    const { client } = await activated()
    cut()
    service.test.time.now = NOW + 10 * DAY_MS
    expect(await client.check()).toMatchObject({ source: 'lease' })
    service.test.time.now -= 299_000
    expect(await client.check()).toMatchObject({ source: 'lease' })
    service.test.time.now -= 2000
    expect(await client.check()).toEqual({ status: 'unknown', code: 'CLOCK_SET_BACK' })
    service.test.time.now = NOW - 301_000
    expect(await client.check()).toMatchObject({ code: 'CLOCK_SET_BACK' })
    service.proxy.reset()
    service.test.time.now = NOW + DAY_MS
    expect(await client.check()).toMatchObject({ source: 'online' })
    cut()
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })

  it('accepts a response with any clock', async () => {
    const { key } = await aKey()
    const wrong = aClient({ now: () => NOW - 400 * DAY_MS })
    expect(await wrong.activate(key)).toMatchObject({ status: 'valid' })
    expect(await wrong.check()).toMatchObject({ status: 'valid', source: 'online' })
  })

  it('stores a refusal with its code', async () => {
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
    service.proxy.reset()
    await admin(id, 'reinstate')
    expect(await client.check()).toMatchObject({ status: 'valid' })
  })

  it('keeps the license if it cannot deactivate', async () => {
    const { client } = await activated()
    cut()
    expect(await client.deactivate()).toMatchObject({ code: 'UNREACHABLE' })
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })
})
