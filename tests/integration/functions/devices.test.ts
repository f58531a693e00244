import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { decodeJwt } from 'jose'
import { createHandler as createAdminHandler } from '../../../functions/admin.ts'
import { createHandler } from '../../../functions/devices.ts'
import { createHandler as createVerifyHandler } from '../../../functions/verify.ts'
import { catalog } from '../../../lib/catalog/catalog.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { aContext, aPost, aRequest, bodyOf } from '../../support/http.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { sized } from '../../support/size.ts'
import { allItems } from '../../support/table.ts'

/** The number of concurrent calls. */
const CROWD = sized(60, 200)

let test: TestRuntime
beforeAll(async () => {
  test = await aRuntime()
})
beforeEach(() => {
  test.time.now = NOW
  test.commands.length = 0
})
afterAll(() => test.stop())

async function send(route: string, body: unknown, runtime = test.runtime) {
  const create = route === '/api/verify' ? createVerifyHandler : createHandler
  const response = await create(runtime)(aPost(body, { route }), aContext())
  return { status: response.statusCode, body: bodyOf(response) }
}
const activate = (license: string, deviceId: string, more: object = {}) =>
  send('/api/activate', { license, deviceId, ...more })
const deactivate = (license: string, deviceId: string) =>
  send('/api/deactivate', { license, deviceId })
const devices = async (license: string) => (await send('/api/devices', { license })).body
const verify = (license: string, deviceId?: string, runtime = test.runtime) =>
  send('/api/verify', { license, ...(deviceId !== undefined && { deviceId }) }, runtime)

async function admin(method: string, path: string, asked: object = {}) {
  const headers = { authorization: 'Bearer test_admin_token' }
  const event = aRequest(method, `/api/admin${path}`, { headers, ...asked })
  return bodyOf(await createAdminHandler(test.runtime)(event, aContext()))
}

let users = 0
const aLicense = async (seats = 2) => {
  const { key, license } = await issued(test.runtime.store, {
    userId: `device_user_${++users}`,
    seats,
  })
  return { key, id: license.id }
}

describe('POST /api/activate', () => {
  it('takes a seat and returns what the license unlocks', async () => {
    const { key } = await aLicense()
    const { status, body } = await activate(key, 'device-number-0001', { name: 'My Mac' })
    expect(status).toBe(200)
    expect(body).toEqual({
      activated: true,
      tier: 'pro',
      expiresAt: NOW + 30 * DAY_MS,
      userId: expect.any(String),
      features: catalog.tiers['pro']?.features,
      state: 'active',
      seats: 2,
      device: { name: 'My Mac', hint: '0001', activatedAt: NOW },
      token: expect.any(String),
    })
    expect(test.commands.slice(-2)).toEqual(['BatchGetItemCommand', 'TransactWriteItemsCommand'])
  })

  it('takes no second seat for the same device, and writes nothing', async () => {
    const { key } = await aLicense(1)
    await activate(key, 'one')
    test.commands.length = 0
    expect(await activate(key, 'one')).toMatchObject({ status: 200, body: { activated: true } })
    expect(test.commands).toEqual(['BatchGetItemCommand'])
    expect((await devices(key)).devices).toHaveLength(1)
  })

  it('returns the devices if every seat is taken, and succeeds once one is released', async () => {
    const { key } = await aLicense(2)
    await activate(key, 'first-device-aaaa', { name: 'Desk' })
    test.time.now += 1
    await activate(key, 'second-device-bbbb')
    expect(await activate(key, 'third')).toEqual({
      status: 409,
      body: {
        activated: false,
        code: 'DEVICE_LIMIT_REACHED',
        error: 'Every seat of the license is taken',
        retryable: false,
        seats: 2,
        devices: [
          { name: 'Desk', hint: 'aaaa', activatedAt: NOW },
          { name: null, hint: 'bbbb', activatedAt: NOW + 1 },
        ],
        token: expect.any(String),
      },
    })
    expect(await deactivate(key, 'first-device-aaaa')).toEqual({
      status: 200,
      body: { deactivated: true },
    })
    expect(await activate(key, 'third')).toMatchObject({ status: 200 })
  })

  it('activates no more concurrent devices than there are seats', async () => {
    const { key, id } = await aLicense(5)
    const answers = await Promise.all(
      Array.from({ length: CROWD }, (_, index) => activate(key, `crowd_${index}`)),
    )
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
    // Beyond 20 failures, the rate limit applies.
    expect([count(200), count(409), count(429)]).toEqual([5, 20, CROWD - 25])
    expect((await devices(key)).devices).toHaveLength(5)
    expect(await test.runtime.store.find(id)).toMatchObject({ devices: 5 })
  })

  it('limits the replacement of devices for 30 days', async () => {
    const { key } = await aLicense(1)
    for (let swap = 0; swap <= catalog.deviceSwaps; swap++) {
      expect(await activate(key, `swap_${swap}`)).toMatchObject({ status: 200 })
      await deactivate(key, `swap_${swap}`)
    }
    expect(await activate(key, 'swap_more')).toMatchObject({
      status: 409,
      body: { code: 'DEVICE_LIMIT_REACHED', error: 'Devices were changed too often', devices: [] },
    })
    test.time.now = NOW + 30 * DAY_MS
    await admin('POST', `/licenses/${(await aLicenseOf(key)).id}/extend`, {
      body: { reason: 'x', days: 9 },
    })
    expect(await activate(key, 'swap_more')).toMatchObject({ status: 200 })
  })

  it.each([
    ['suspended', 'suspend', 'SUSPENDED'],
    ['revoked', 'revoke', 'REVOKED'],
  ])('refuses a %s license', async (_, action, code) => {
    const { key, id } = await aLicense()
    await admin('POST', `/licenses/${id}/${action}`, { body: { reason: 'x' } })
    expect(await activate(key, 'one')).toMatchObject({
      status: 401,
      body: { activated: false, code },
    })
  })

  it('refuses an expired license and an unknown key', async () => {
    const { key } = await aLicense()
    test.time.now = NOW + 31 * DAY_MS
    expect(await activate(key, 'one')).toMatchObject({
      status: 401,
      body: { code: 'EXPIRED', fallback: { tier: 'free' } },
    })
    for (const forged of ['nonsense', 'QF-PRO-000000000000-1735689600']) {
      expect(await activate(forged, 'one')).toMatchObject({
        status: 401,
        body: { code: 'NOT_FOUND' },
      })
      expect(await deactivate(forged, 'one')).toMatchObject({
        status: 401,
        body: { deactivated: false, code: 'NOT_FOUND' },
      })
      expect(await devices(forged)).toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  it.each([
    [{ deviceId: 'x' }, 'license'],
    [{ license: 'x', deviceId: 'x'.repeat(257) }, 'deviceId'],
    [{ license: 'x', deviceId: '\ud800' }, 'deviceId'],
    [{ license: 'x', deviceId: 'x', name: 'x'.repeat(101) }, 'name'],
  ])('refuses %j', async (body, path) => {
    expect(await send('/api/activate', body)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', fields: [{ path }] },
    })
    expect(test.commands).toEqual([])
  })

  it('stores no device id, only a hash of it', async () => {
    const { key } = await aLicense()
    await activate(key, 'a-private-device-id')
    expect(JSON.stringify(await allItems(test.table))).not.toContain('private-device-id')
  })
})

async function aLicenseOf(key: string): Promise<{ id: string }> {
  const { userId } = (await verify(key)).body
  const { items } = await admin('GET', '/licenses', { query: { user: userId ?? '' } })
  return (
    items[0] ?? {
      id: (await admin('GET', '/licenses', { query: { device: 'swap_0' } })).items[0].id,
    }
  )
}

describe('POST /api/verify for a device', () => {
  it('is valid on an activated device, in one read, and on no other device', async () => {
    const { key } = await aLicense()
    await activate(key, 'mine')
    test.commands.length = 0
    expect(await verify(key, 'mine')).toMatchObject({ status: 200, body: { valid: true } })
    expect(test.commands).toEqual(['BatchGetItemCommand'])
    expect(await verify(key, 'other')).toMatchObject({
      status: 401,
      body: { valid: false, code: 'DEVICE_NOT_ACTIVATED' },
    })
    await deactivate(key, 'mine')
    expect(await verify(key, 'mine')).toMatchObject({ body: { code: 'DEVICE_NOT_ACTIVATED' } })
    expect(await verify(key)).toMatchObject({ status: 200 })
  })

  it('requires a device if the tier does', async () => {
    const { pro } = catalog.tiers
    if (!pro) throw new Error('There is no tier pro')
    const strict = { ...catalog, tiers: { ...catalog.tiers, pro: { ...pro, requireDevice: true } } }
    const runtime = { ...test.runtime, catalog: strict }
    const { key } = await aLicense()
    expect(await verify(key, undefined, runtime)).toMatchObject({
      status: 401,
      body: { code: 'DEVICE_REQUIRED' },
    })
    expect(await verify(key, 'mine', runtime)).toMatchObject({
      body: { code: 'DEVICE_NOT_ACTIVATED' },
    })
    await activate(key, 'mine')
    expect(await verify(key, 'mine', runtime)).toMatchObject({ body: { valid: true } })
  })

  it('reports an invalid license before a missing activation', async () => {
    const { key } = await aLicense()
    test.time.now = NOW + 31 * DAY_MS
    expect(await verify(key, 'mine')).toMatchObject({ body: { code: 'EXPIRED' } })
  })
})

describe('devices of a license', () => {
  it('stay activated if the license loses seats', async () => {
    const { key, id } = await aLicense(3)
    for (const device of ['a', 'b', 'c']) await activate(key, device)
    await admin('POST', `/licenses/${id}/change-tier`, {
      body: { reason: 'x', tier: 'free', seats: 1 },
    })
    for (const device of ['a', 'b', 'c']) {
      expect(await verify(key, device)).toMatchObject({ body: { valid: true } })
    }
    expect(await activate(key, 'd')).toMatchObject({ status: 409, body: { seats: 1 } })
    expect(await admin('GET', `/licenses/${id}`)).toMatchObject({ seats: 1, devices: 3 })
  })

  it('stay activated if the key is replaced', async () => {
    const { key, id } = await aLicense()
    await activate(key, 'mine')
    const { license } = await admin('POST', `/licenses/${id}/reissue`, { body: { reason: 'leak' } })
    expect(await verify(license, 'mine')).toMatchObject({ body: { valid: true } })
    expect(await verify(key, 'mine')).toMatchObject({ body: { code: 'REVOKED' } })
    expect(await activate(key, 'new')).toMatchObject({ status: 401 })
    expect(await deactivate(key, 'mine')).toMatchObject({ status: 401 })
  })

  it('are listed for an admin, who can search by device', async () => {
    const { key, id } = await aLicense()
    await activate(key, 'shared-device-id', { name: 'Laptop' })
    const shown = await admin('GET', `/licenses/${id}`)
    expect(shown).toMatchObject({
      devices: 1,
      activeDevices: [{ name: 'Laptop', hint: 'e-id', activatedAt: NOW }],
    })
    expect(shown.events.map(({ action }: { action: string }) => action)).toContain(
      'device_activated',
    )
    const { items } = await admin('GET', '/licenses', { query: { device: 'shared-device-id' } })
    expect(items).toMatchObject([{ id }])
    const none = await admin('GET', '/licenses', { query: { device: 'unknown' } })
    expect(none).toEqual({ items: [] })
  })
})

describe('the signed responses about devices', () => {
  const nonce = 'a-nonce-of-16-ch'
  const claimsOf = ({ token }: { token: string }) => decodeJwt(token)
  const lasting = (days: number) => ({ iat: NOW / 1000, exp: NOW / 1000 + days * 24 * 3600 })
  const SHORT = { iat: NOW / 1000, exp: NOW / 1000 + 300 }

  it('are a lease of an activated device, as long as the tier allows', async () => {
    const { key, id } = await aLicense()
    const { body } = await activate(key, 'mine', { nonce })
    const lease = { code: 'VALID', licenseId: id, deviceId: 'mine', nonce, ...lasting(14) }
    expect(claimsOf(body)).toMatchObject({ ...lease, tier: 'pro', features: body.features })
    test.time.now = NOW + 1000
    const again = await send('/api/verify', { license: key, deviceId: 'mine', nonce })
    const iat = NOW / 1000 + 1
    expect(claimsOf(again.body)).toMatchObject({ ...lease, iat, exp: lease.exp + 1 })
  })

  it('are a lease without a nonce too', async () => {
    const { key } = await aLicense()
    const { body } = await activate(key, 'mine')
    expect(claimsOf(body)).toMatchObject({ code: 'VALID', ...lasting(14) })
    expect(claimsOf(body)).not.toHaveProperty('nonce')
  })

  it('are a lease no longer than the paid period', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'lease_short', durationDays: 3 })
    expect(claimsOf((await activate(key, 'mine')).body)).toMatchObject(lasting(3))
  })

  it('are no lease if the tier allows none', async () => {
    const { pro } = catalog.tiers
    if (!pro) throw new Error('There is no tier pro')
    const tiers = { ...catalog.tiers, pro: { ...pro, leaseDays: 0 } }
    const runtime = { ...test.runtime, catalog: { ...catalog, tiers } }
    const { key } = await aLicense()
    const { body } = await send('/api/activate', { license: key, deviceId: 'mine' }, runtime)
    expect(claimsOf(body)).toMatchObject(lasting(0))
  })

  it('say that no seat is free', async () => {
    const { key, id } = await aLicense(1)
    await activate(key, 'first')
    const { body } = await activate(key, 'second', { nonce })
    expect(claimsOf(body)).toEqual({
      code: 'DEVICE_LIMIT_REACHED',
      licenseId: id,
      userId: expect.any(String),
      tier: 'pro',
      state: 'active',
      deviceId: 'second',
      nonce,
      ...SHORT,
    })
  })

  it('say that a device was released, and why a license is invalid', async () => {
    const { key, id } = await aLicense()
    await activate(key, 'mine')
    const free = async () =>
      (await send('/api/deactivate', { license: key, deviceId: 'mine', nonce })).body
    const released = await free()
    expect(released).toEqual({ deactivated: true, token: expect.any(String) })
    expect(claimsOf(released)).toMatchObject({
      code: 'DEVICE_NOT_ACTIVATED',
      deviceId: 'mine',
      nonce,
      ...SHORT,
    })
    expect(claimsOf(await free())).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED' })
    await admin('POST', `/licenses/${id}/revoke`, { body: { reason: 'x' } })
    expect(claimsOf(await free())).toMatchObject({ code: 'REVOKED' })
    const refused = await send('/api/activate', { license: key, deviceId: 'mine', nonce })
    expect(claimsOf(refused.body)).toMatchObject({ code: 'REVOKED', state: 'revoked' })
    const forged = { license: 'nonsense', deviceId: 'mine', nonce }
    expect(claimsOf((await send('/api/deactivate', forged)).body)).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('fail before a seat is taken if no signing key can be read', async () => {
    const { key } = await aLicense(1)
    const runtime = {
      ...test.runtime,
      secretIds: { ...test.runtime.secretIds, signingKeys: 'test/none' },
    }
    const { status } = await send('/api/activate', { license: key, deviceId: 'mine' }, runtime)
    expect(status).toBe(503)
    expect((await devices(key)).devices).toEqual([])
  })
})
