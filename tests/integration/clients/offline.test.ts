import { describe, expect, it } from '@jest/globals'
import { memoryStorage } from '../../../clients/typescript/src/index.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import type { Front } from '../../support/front.ts'
import { NOW } from '../../support/licenses.ts'
import { answering, useService } from '../../support/service.ts'

const service = useService()
const { aClient, aKey, activated, admin, cut } = service

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
    [
      'too many failed tries',
      answering(429, json, '{"valid":false,"code":"RATE_LIMITED"}', { 'retry-after': '600' }),
    ],
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
    const storage = memoryStorage()
    const { userId } = await activated({ storage })
    service.test.time.now = NOW + 13 * DAY_MS
    service.front.instead = instead
    expect(await aClient({ storage, timeoutMs: 400 }).check()).toMatchObject({
      status: 'valid',
      source: 'lease',
      userId,
      tier: 'pro',
      offlineUntil: NOW + 14 * DAY_MS,
    })
  })

  it.each([
    ['asks again soon after too many requests', {}, 2],
    ['does not ask again when it was told to wait', { 'retry-after': '600' }, 1],
  ])('%s', async (_, headers, times) => {
    service.front.instead = answering(429, json, '{}', headers)
    await aClient({ retries: 1 }).verify((await aKey()).key)
    expect(service.front.asked).toHaveLength(times)
  })

  it.each(FAILURES)('for %s never says that a key is bad', async (_, instead) => {
    const { key } = await aKey()
    service.front.instead = instead
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

  it('goes on after a start too, until the lease ends', async () => {
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
    service.front.open()
    expect(await days(15)).toMatchObject({ source: 'online', offlineUntil: NOW + 29 * DAY_MS })
  })

  it('does not let the clock be set back, and forgives it once it has asked', async () => {
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
    service.front.open()
    service.test.time.now = NOW + DAY_MS
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
    service.front.open()
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
