import { describe, expect, it } from '@jest/globals'
import {
  createLicenseClient,
  type LicenseStatus,
  memoryStorage,
} from '../../../clients/typescript/src/index.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { NOW } from '../../support/licenses.ts'
import { useService } from '../../support/service.ts'

const service = useService()
const { aClient, aKey, activated, admin, cut } = service

describe('a client with a connection', () => {
  it('verifies any key, and stores nothing', async () => {
    const { key, userId, id } = await aKey()
    const client = aClient()
    expect(await client.verify(`  ${key.toLowerCase()} `)).toEqual({
      status: 'valid',
      code: 'VALID',
      source: 'online',
      licenseId: id,
      userId,
      tier: 'pro',
      features: service.test.runtime.catalog.tiers['pro']?.features,
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

  it('activates, checks and deactivates with one seat', async () => {
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
      detail: 'Every seat of the license is taken',
    })
    expect(await client.deactivate()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED' })
    expect(await client.check()).toMatchObject({ code: 'NO_LICENSE' })
    expect(await other.activate(key)).toMatchObject({ status: 'valid' })
  })

  it('keeps its license if another key cannot be activated', async () => {
    const { client } = await activated()
    expect(await client.activate('nonsense')).toMatchObject({ code: 'NOT_FOUND' })
    expect(await client.check()).toMatchObject({ status: 'valid' })
  })

  it('returns the fallback of an expired license, and is valid again after an extension', async () => {
    const { client, id } = await activated()
    service.test.time.now = NOW + 31 * DAY_MS
    expect(await client.check()).toMatchObject({ code: 'EXPIRED', fallback: { tier: 'free' } })
    await admin(id, 'extend', { days: 9 })
    expect(await client.check()).toMatchObject({ status: 'valid' })
  })

  it('returns the field errors of an invalid request', async () => {
    expect(await aClient().verify(' ')).toEqual({
      status: 'unknown',
      code: 'INVALID_REQUEST',
      detail: 'No license provided; license must not be empty',
    })
    const { key } = await aKey()
    expect(await aClient().activate(key, 'x'.repeat(101))).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: 'Invalid request; name must be at most 100 characters',
    })
    expect(await aClient().activate(undefined as never)).toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('retries a failed activation without taking a second seat', async () => {
    const { key } = await aKey({ seats: 1 })
    let left = 2
    service.proxy.onResponse = (answer) => {
      if (left-- > 0) Object.assign(answer, { status: 503, body: '{}' })
    }
    const client = createLicenseClient({
      url: service.proxy.url,
      keys: service.keys,
      storage: memoryStorage(),
    })
    expect(await client.activate(key)).toMatchObject({ status: 'valid', source: 'online' })
    expect(service.proxy.requests).toHaveLength(3)
  })

  it('does not call onChange for a key that is not stored', async () => {
    const statuses: string[] = []
    const { client } = await activated({
      onChange: ({ status, code }) => void statuses.push(`${status} ${code}`),
    })
    expect(await client.activate('QF-PRO-000000000000-1735689600')).toMatchObject({
      status: 'invalid',
      code: 'NOT_FOUND',
    })
    service.cut()
    expect(await client.activate('nonsense')).toMatchObject({ code: 'UNREACHABLE' })
    expect(await client.deactivate()).toMatchObject({ code: 'UNREACHABLE' })
    service.proxy.reset()
    await client.check()
    expect(statuses).toEqual(['valid VALID'])
    await client.deactivate()
    expect(statuses).toEqual(['valid VALID', 'invalid DEVICE_NOT_ACTIVATED'])
  })

  it('tells taken seats from too many device changes', async () => {
    const { key } = await aKey({ seats: 1 })
    for (let swap = 0; swap <= service.test.runtime.catalog.deviceSwaps; swap++) {
      const client = aClient()
      expect(await client.activate(key)).toMatchObject({ status: 'valid' })
      await client.deactivate()
    }
    expect(await aClient().activate(key)).toEqual({
      status: 'invalid',
      code: 'DEVICE_LIMIT_REACHED',
      source: 'online',
      devices: [],
      detail: 'Devices were changed too often',
    })
  })

  it('keeps the device id of the activation when the option is gone', async () => {
    const storage = memoryStorage()
    const { client } = await activated({ storage, deviceId: 'the-machine' })
    const nameless = aClient({ storage })
    expect(await nameless.check()).toMatchObject({ offlineUntil: NOW + 14 * DAY_MS })
    await client.deactivate()
    expect(await nameless.check()).toMatchObject({ code: 'NO_LICENSE' })
  })

  it('sends one request for two concurrent checks', async () => {
    const { client } = await activated()
    service.proxy.reset()
    const [one, two] = await Promise.all([client.check(), client.check()])
    expect(one).toBe(two)
    expect(service.proxy.requests).toEqual(['/api/verify'])
  })

  it('calls onChange only for changes', async () => {
    const statuses: string[] = []
    const { client, id } = await activated({
      onChange: (status: LicenseStatus) => void statuses.push(`${status.status} ${status.code}`),
    })
    await client.check()
    cut()
    await client.check()
    service.proxy.reset()
    await admin(id, 'suspend')
    await client.check()
    await client.check()
    expect(statuses).toEqual(['valid VALID', 'invalid SUSPENDED'])
  })
})
