import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { SCOPES } from '../../../lib/access/token.ts'
import { catalog } from '../../../lib/catalog/catalog.ts'
import { askAdmin } from '../../support/admin.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'

let test: TestRuntime
let ask: ReturnType<typeof askAdmin>
beforeAll(async () => {
  test = await aRuntime()
  ask = askAdmin(test)
})
beforeEach(() => {
  test.time.now = NOW
  test.lines.length = 0
})
afterAll(() => test.stop())

describe('GET /session', () => {
  it('returns the root token', async () => {
    expect(await ask('GET', '/session')).toEqual({
      status: 200,
      body: {
        tokenId: 'root',
        name: null,
        scopes: [...SCOPES],
        expiresAt: null,
        stage: 'test',
        productName: 'Quantum Falcon',
        livemode: false,
      },
    })
  })

  it.each(SCOPES)(
    'returns a token that has only the scope %s until it is revoked',
    async (scope) => {
      const made = await ask('POST', '/tokens', {
        body: { name: 'help desk', scopes: [scope], expires: '2030-12-31' },
      })
      const { token, id } = made.body
      expect(await ask('GET', '/session', { token })).toMatchObject({
        status: 200,
        body: { tokenId: id, name: 'help desk', scopes: [scope], expiresAt: expect.any(Number) },
      })
      await ask('POST', `/tokens/${id}/revoke`)
      expect(await ask('GET', '/session', { token })).toMatchObject({
        status: 401,
        body: { code: 'UNAUTHORIZED' },
      })
    },
  )

  it('returns true as livemode in live mode', async () => {
    const stripe = { livemode: true, apiBase: undefined }
    const live = askAdmin({ runtime: { ...test.runtime, stripe } })
    expect((await live('GET', '/session')).body).toMatchObject({ livemode: true })
  })
})

describe('GET /catalog', () => {
  it('returns the whole catalog with the tiers in order', async () => {
    const { status, body } = await ask('GET', '/catalog')
    expect(status).toBe(200)
    const { tiers, ...common } = body
    const { tiers: sold, ...others } = catalog
    expect(common).toEqual(others)
    expect(tiers).toEqual(Object.entries(sold).map(([name, tier]) => ({ name, ...tier })))
  })
})

describe('POST /licenses/lookup', () => {
  const lookup = (license: unknown) => ask('POST', '/licenses/lookup', { body: { license } })

  it('finds the license of a key as typed, valid or not, and does not log the key', async () => {
    const { key = '', license } = await issued(test.runtime.store, { userId: 'user_lookup' })
    const [prefix = '', ...rest] = key.split('-')
    const typed = `  ${[prefix.toLowerCase(), ...rest].join('-')} `
    const { id } = license
    const found = { status: 200, body: { id, userId: 'user_lookup', replaced: false } }
    expect(await lookup(typed)).toMatchObject({ ...found, body: { state: 'active' } })
    await ask('POST', `/licenses/${id}/revoke`, { body: { reason: 'x' } })
    expect(await lookup(key)).toMatchObject({ ...found, body: { ...found.body, state: 'revoked' } })
    expect(test.lines.join()).toContain('/licenses/lookup')
    expect(test.lines.join()).not.toContain(key)
  })

  it('finds the license of a replaced key', async () => {
    const { key, license } = await issued(test.runtime.store, { userId: 'user_replaced' })
    const { id } = license
    const { body } = await ask('POST', `/licenses/${id}/reissue`, { body: { reason: 'leaked' } })
    expect(await lookup(key)).toMatchObject({ status: 200, body: { id, replaced: true } })
    expect(await lookup(body.license)).toMatchObject({ status: 200, body: { id, replaced: false } })
  })

  it.each(['QF-PRO-000000000000-1735689600', 'no key', '<script>alert(1)</script>'])(
    'returns 404 for %s',
    async (text) => {
      expect(await lookup(text)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    },
  )

  it.each([
    ['a missing key', undefined],
    ['an empty text', ''],
    ['a number', 7],
  ])('rejects %s', async (_, text) => {
    expect(await lookup(text)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', fields: [{ path: 'license' }] },
    })
  })
})
