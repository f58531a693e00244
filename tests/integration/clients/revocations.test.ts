import { describe, expect, it } from '@jest/globals'
import { DAY_MS } from '../../../lib/license/index.ts'
import { signingKeyOf } from '../../../lib/signing/key.ts'
import { toKey } from '../../../lib/signing/secret.ts'
import { signToken } from '../../../lib/signing/token.ts'
import { NOW } from '../../support/licenses.ts'
import { startProxy } from '../../support/proxy.ts'
import { useService } from '../../support/service.ts'

const service = useService({ hasStream: true })
const { aClient, aKey, activated, admin, listRevocations, cut } = service

describe('a client that reaches only the revocation list', () => {
  async function revoked() {
    const { client, id, ...rest } = await activated()
    service.test.time.now = NOW + 1000
    await admin(id, 'revoke')
    await listRevocations()
    return { client, id, ...rest }
  }

  it('learns of a revocation and remembers it offline', async () => {
    const { client } = await revoked()
    cut(/^\/api/)
    const known = { status: 'invalid', code: 'REVOKED', source: 'list' }
    expect(await client.check()).toEqual(known)
    cut()
    expect(await client.check()).toEqual(known)
  })

  it('accepts a lease issued after the revocation', async () => {
    const { client, id } = await revoked()
    service.test.time.now = NOW + 5000
    await admin(id, 'reinstate')
    expect(await client.check()).toMatchObject({ source: 'online' })
    cut(/^\/api/)
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })

  it('accepts the list from another URL, but only with a trusted signature', async () => {
    const { key, id } = await aKey()
    const cdn = await startProxy(service.server.url)
    const client = aClient({ revocationsUrl: `${cdn.url}/.well-known/revocations.jwt` })
    await client.activate(key)
    cut()
    const name = id.slice(4, 16)
    const claims = { number: 99, revoked: { [name]: NOW / 1000 } }
    const list = async (secret: string) =>
      signToken(await signingKeyOf(toKey(secret)), 'revocations', claims, { now: NOW })
    const foreign = await list('foreign')
    cdn.onResponse = (answer) => Object.assign(answer, { body: foreign })
    expect(await client.check()).toMatchObject({ source: 'lease' })
    const own = await list('test_signing_key')
    cdn.onResponse = (answer) => Object.assign(answer, { body: own })
    expect(await client.check()).toMatchObject({ source: 'list' })
    await cdn.stop()
  })

  it('ignores a list older than one seen before', async () => {
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
    service.proxy.onResponse = (answer) => Object.assign(answer, { body: newest })
    expect(await client.check()).toMatchObject({ source: 'lease' })
    const older = await list(999, { [id.slice(4, 16)]: NOW / 1000 })
    service.proxy.onResponse = (answer) => Object.assign(answer, { body: older })
    expect(await client.check()).toMatchObject({ source: 'lease' })
  })
})

describe('a license that was suspended by mistake', () => {
  it('is valid for a device that never connected meanwhile', async () => {
    const { client, id } = await activated()
    service.test.time.now = NOW + 3_600_000
    await admin(id, 'suspend')
    service.test.time.now += 60_000
    await admin(id, 'reinstate')
    await listRevocations()
    cut(/^\/api/)
    service.test.time.now = NOW + DAY_MS
    expect(await client.check()).toMatchObject({ status: 'valid', source: 'lease' })
  })

  it('is valid again for a device that saw it on the list', async () => {
    const { client, id } = await activated()
    service.test.time.now = NOW + 3_600_000
    await admin(id, 'suspend')
    await listRevocations()
    cut(/^\/api/)
    expect(await client.check()).toMatchObject({ status: 'invalid', source: 'list' })
    service.proxy.reset()
    service.test.time.now += 60_000
    await admin(id, 'reinstate')
    await listRevocations()
    cut(/^\/api/)
    expect(await client.check()).toMatchObject({ status: 'valid', source: 'lease' })
  })

  it('is valid by a lease issued in the second in which the old key was replaced', async () => {
    const { id } = await aKey()
    service.test.time.now = NOW + 10_100
    const { license } = await admin(id, 'reissue')
    service.test.time.now = NOW + 10_700
    const client = aClient()
    expect(await client.activate(license)).toMatchObject({ status: 'valid' })
    await listRevocations()
    cut(/^\/api/)
    service.test.time.now = NOW + DAY_MS
    expect(await client.check()).toMatchObject({ status: 'valid', source: 'lease' })
  })

  it('stays stored if a replaced key cannot free the seat', async () => {
    const { client, key, id } = await activated()
    service.test.time.now = NOW + 10_000
    const { license } = await admin(id, 'reissue')
    expect(await client.deactivate()).toMatchObject({ status: 'invalid', code: 'REVOKED' })
    expect(await client.check()).toMatchObject({ code: 'REVOKED' })
    expect(await client.activate(license)).toMatchObject({ status: 'valid' })
    expect(await client.deactivate()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED' })
    expect(license).not.toBe(key)
  })
})
