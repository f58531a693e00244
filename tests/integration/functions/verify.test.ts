import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'
import { createHandler } from '../../../functions/verify.ts'
import { LIFETIME_DAYS } from '../../../lib/http/licenseBody.ts'
import { DAY_MS, LIFETIME, type License } from '../../../lib/license/index.ts'
import { publishKeys } from '../../../lib/signing/publish.ts'
import { parseRingSecret, toRing } from '../../../lib/signing/secret.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { aDocumentClient, allItems } from '../../support/table.ts'

let test: TestRuntime

beforeAll(async () => {
  test = await aRuntime()
})
beforeEach(() => {
  test.time.now = NOW
  test.commands.length = 0
})
afterAll(() => test.stop())

async function verify(body: unknown, options: Parameters<typeof aPost>[1] = {}) {
  const response = await createHandler(test.runtime)(aPost(body, options), aContext())
  return { status: response.statusCode, body: bodyOf(response), headers: response.headers }
}

/** Writes facts to the table directly. */
const setFacts = ({ id }: License, facts: Partial<License['facts']>) =>
  aDocumentClient().send(
    new UpdateCommand({
      TableName: test.table,
      Key: { pk: `LICENSE#${id}`, sk: 'LICENSE' },
      UpdateExpression: 'SET facts = :facts',
      ExpressionAttributeValues: {
        ':facts': {
          admin: 'clear',
          risk: 'clear',
          billing: { status: 'paid', paidUntil: null },
          ...facts,
        },
      },
    }),
  )

describe('POST /api/verify', () => {
  it('returns every field that the existing client reads, and ignores unknown fields', async () => {
    const { key } = await issued(test.runtime.store)
    const { status, body } = await verify(
      { license: key, timestamp: Date.now(), origin: 'http://localhost:5173', more: [1] },
      { headers: { 'x-origin': 'web', 'x-version': '1' } },
    )
    expect(status).toBe(200)
    expect(body).toEqual({
      valid: true,
      tier: 'pro',
      expiresAt: NOW + 30 * DAY_MS,
      userId: 'user_123',
      features: test.runtime.catalog.tiers['pro']?.features,
      code: 'VALID',
      state: 'active',
    })
  })

  it('reads once and writes nothing', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_reads' })
    const before = await allItems(test.table)
    test.commands.length = 0
    test.units.length = 0
    await verify({ license: key })
    expect(test.commands).toEqual(['BatchGetItemCommand'])
    // The license; AWS counts a second unit for the counter that is not there, DynamoDB Local none.
    expect(test.units).toEqual([{ read: 1, write: 0 }])
    expect(await allItems(test.table)).toEqual(before)
  })

  it('accepts a key in lower case with blanks around it', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_typing' })
    const [prefix = '', tier = '', signature, second] = key.split('-')
    const typed = `  ${prefix.toLowerCase()}-${tier.toLowerCase()}-${signature}-${second}\n`
    expect(await verify({ license: typed })).toMatchObject({ status: 200, body: { valid: true } })
  })

  it('returns an expiry 100 years after the issue for a lifetime license', async () => {
    const { key } = await issued(test.runtime.store, { tier: 'lifetime', durationDays: LIFETIME })
    test.time.now = NOW + 150 * 365 * DAY_MS
    expect((await verify({ license: key })).body).toMatchObject({
      valid: true,
      expiresAt: NOW + LIFETIME_DAYS * DAY_MS,
    })
  })

  it('is valid up to the last millisecond, and then offers the fallback', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_ends', durationDays: 1 })
    test.time.now = NOW + DAY_MS
    expect(await verify({ license: key })).toMatchObject({ status: 200 })
    test.time.now = NOW + DAY_MS + 1
    const { status, body } = await verify({ license: key })
    expect(status).toBe(401)
    expect(body).toEqual({
      valid: false,
      error: 'License expired',
      code: 'EXPIRED',
      retryable: false,
      fallback: { tier: 'free', features: test.runtime.catalog.tiers['free']?.features },
    })
  })

  it.each([
    ['SUSPENDED', false, { admin: 'suspended' }],
    ['SUSPENDED', false, { risk: 'disputed' }],
    ['REVOKED', false, { admin: 'revoked' }],
    ['REVOKED', false, { risk: 'refunded' }],
    ['PENDING', true, { billing: { status: 'pending', paidUntil: null } }],
  ] as const)('returns %s, retryable %s, for %j', async (code, retryable, facts) => {
    const { key, license } = await issued(test.runtime.store, {
      userId: `user_${JSON.stringify(facts)}`,
    })
    await setFacts(license, facts)
    const { status, body } = await verify({ license: key })
    expect(status).toBe(401)
    expect(body).toEqual({ valid: false, error: expect.any(String), code, retryable })
  })

  it('returns the state of a grace period and of a trial', async () => {
    const { key, license } = await issued(test.runtime.store, { userId: 'user_grace' })
    await setFacts(license, {
      billing: { status: 'past_due', paidUntil: NOW - 1, graceUntil: NOW + DAY_MS },
    })
    expect((await verify({ license: key })).body).toMatchObject({ valid: true, state: 'grace' })
    await setFacts(license, { billing: { status: 'trialing', paidUntil: NOW + DAY_MS } })
    expect((await verify({ license: key })).body).toMatchObject({ valid: true, state: 'active' })
  })

  it('rejects a license from the moment of its revocation', async () => {
    const { key, license } = await issued(test.runtime.store, { userId: 'user_revoked' })
    expect((await verify({ license: key })).body.valid).toBe(true)
    await setFacts(license, { admin: 'revoked' })
    expect((await verify({ license: key })).body.valid).toBe(false)
  })
})

describe('an invalid POST /api/verify', () => {
  // The format of keys is proven in tests/unit/lib/license/key.test.ts, reading of bodies in tests/unit/lib/http/request.test.ts.
  it.each([['QF-PRO-1234'], ['XX-PRO-0123456789ab-1735689600'], ['x'.repeat(10_000)], ['\ud800']])(
    'with the malformed key %j gets 401 without a read',
    async (license) => {
      expect(await verify({ license })).toMatchObject({
        status: 401,
        body: { valid: false, error: 'Invalid format', code: 'NOT_FOUND', retryable: false },
      })
      expect(test.commands).toEqual([])
    },
  )

  it.each([
    ['no license', {}, 400, { error: 'No license provided', fields: [{ path: 'license' }] }],
    ['a number', { license: 7 }, 400, { fields: [{ path: 'license' }] }],
    ['no JSON', 'license=QF', 400, { fields: [{ path: '' }] }],
    [
      'a short nonce',
      { license: 'x', nonce: 'x'.repeat(15) },
      400,
      { fields: [{ path: 'nonce' }] },
    ],
    ['70 KB', { license: 'x'.repeat(70_000) }, 413, { code: 'TOO_LARGE' }],
  ])(
    'with %s is refused without a read, and says that no key is valid',
    async (_, body, status, expected) => {
      expect(await verify(body)).toMatchObject({ status, body: { valid: false, ...expected } })
      expect(test.commands).toEqual([])
    },
  )
})

describe('POST /api/verify with a nonce', () => {
  const nonce = 'a-nonce-of-16-ch'
  const claimsOf = async (token: string) => {
    const { keys } = await publishKeys(toRing(parseRingSecret('test_signing_key')), NOW)
    const verified = await jwtVerify(token, createLocalJWKSet({ keys: [...keys] as JWK[] }), {
      currentDate: new Date(test.time.now),
      typ: 'license+jwt',
      algorithms: ['EdDSA'],
    })
    return verified.payload
  }

  it('signs the fields of the response, for five minutes', async () => {
    const { key, license } = await issued(test.runtime.store, { userId: 'user_signed' })
    const { body } = await verify({ license: key, nonce })
    const { token, valid, ...said } = body
    expect(valid).toBe(true)
    expect(await claimsOf(token)).toEqual({
      ...said,
      licenseId: license.id,
      nonce,
      iat: NOW / 1000,
      exp: NOW / 1000 + 300,
    })
    expect(test.commands.slice(-1)).toEqual(['BatchGetItemCommand'])
  })

  it('needs no signing key without a nonce', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_unsigned' })
    const broken = {
      ...test.runtime,
      secretIds: { ...test.runtime.secretIds, signingKeys: 'none' },
    }
    const send = async (body: object) => {
      const response = await createHandler(broken)(aPost(body), aContext())
      return { status: response.statusCode, body: bodyOf(response) }
    }
    const { status, body } = await send({ license: key })
    expect(status).toBe(200)
    expect(body).not.toHaveProperty('token')
    const signed = await send({ license: key, nonce })
    expect(signed).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE', retryable: true } })
    expect(signed.body).not.toHaveProperty('valid')
  })

  it.each([
    ['NOT_FOUND', 'no key at all', {}],
    ['NOT_FOUND', 'QF-PRO-000000000000-1735689600', {}],
  ])('signs %s for %j', async (code, license) => {
    const { status, body } = await verify({ license, nonce })
    expect(status).toBe(401)
    expect(await claimsOf(body.token)).toEqual({
      code,
      nonce,
      iat: NOW / 1000,
      exp: NOW / 1000 + 300,
    })
  })

  it.each([
    ['SUSPENDED', { risk: 'disputed' }],
    ['REVOKED', { admin: 'revoked' }],
    ['PENDING', { billing: { status: 'pending', paidUntil: null } }],
  ] as const)('signs %s with the license that it is about', async (code, facts) => {
    const userId = `user_signed_${code}`
    const { key, license } = await issued(test.runtime.store, { userId })
    await setFacts(license, facts)
    const { body } = await verify({ license: key, nonce })
    expect(await claimsOf(body.token)).toMatchObject({
      code,
      licenseId: license.id,
      userId,
      state: code.toLowerCase(),
    })
  })

  it('signs the fallback of an expired license', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_back', durationDays: 1 })
    test.time.now = NOW + 2 * DAY_MS
    const { body } = await verify({ license: key, nonce })
    expect(await claimsOf(body.token)).toMatchObject({ code: 'EXPIRED', fallback: body.fallback })
  })

  it('signs that a device is not activated', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_device' })
    const { body } = await verify({ license: key, nonce, deviceId: 'mine' })
    expect(await claimsOf(body.token)).toMatchObject({
      code: 'DEVICE_NOT_ACTIVATED',
      deviceId: 'mine',
      state: 'active',
      exp: NOW / 1000 + 300,
    })
  })
})
