import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'
import { createHandler } from '../../../functions/verify.ts'
import { DAY_MS, LIFETIME, LIFETIME_DAYS, type License } from '../../../lib/license/index.ts'
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

/** Writes facts as the events of the next chapters will, past the core. */
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
  it('answers all that the existing client reads, and ignores what else it sends', async () => {
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

  it('reads in one round trip and writes nothing', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_reads' })
    const before = await allItems(test.table)
    test.commands.length = 0
    test.taken.length = 0
    await verify({ license: key })
    expect(test.commands).toEqual(['BatchGetItemCommand'])
    // The license; AWS counts a second unit for the counter that is not there, DynamoDB Local none.
    expect(test.taken).toEqual([{ read: 1, write: 0 }])
    expect(await allItems(test.table)).toEqual(before)
  })

  it('takes a key as a person types it', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_typing' })
    const [prefix = '', tier = '', signature, second] = key.split('-')
    const typed = `  ${prefix.toLowerCase()}-${tier.toLowerCase()}-${signature}-${second}\n`
    expect(await verify({ license: typed })).toMatchObject({ status: 200, body: { valid: true } })
  })

  it('reads a body that the gateway encoded', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_encoded' })
    const answer = await verify({ license: key }, { base64: true })
    expect(answer.body).toMatchObject({ valid: true })
  })

  it('gives a license for life a number that lies a hundred years after its issue', async () => {
    const { key } = await issued(test.runtime.store, { tier: 'lifetime', durationDays: LIFETIME })
    test.time.now = NOW + 150 * 365 * DAY_MS
    expect((await verify({ license: key })).body).toMatchObject({
      valid: true,
      expiresAt: NOW + LIFETIME_DAYS * DAY_MS,
    })
  })

  it('is good to the last millisecond and then offers the fallback', async () => {
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
  ] as const)('says %s, retryable %s, for %j', async (code, retryable, facts) => {
    const { key, license } = await issued(test.runtime.store, {
      userId: `user_${JSON.stringify(facts)}`,
    })
    await setFacts(license, facts)
    const { status, body } = await verify({ license: key })
    expect(status).toBe(401)
    expect(body).toEqual({ valid: false, error: expect.any(String), code, retryable })
  })

  it('says that a grace period and a trial are good, and which they are', async () => {
    const { key, license } = await issued(test.runtime.store, { userId: 'user_grace' })
    await setFacts(license, {
      billing: { status: 'past_due', paidUntil: NOW - 1, graceUntil: NOW + DAY_MS },
    })
    expect((await verify({ license: key })).body).toMatchObject({ valid: true, state: 'grace' })
    await setFacts(license, { billing: { status: 'trialing', paidUntil: NOW + DAY_MS } })
    expect((await verify({ license: key })).body).toMatchObject({ valid: true, state: 'active' })
  })

  it('counts a revocation at once', async () => {
    const { key, license } = await issued(test.runtime.store, { userId: 'user_revoked' })
    expect((await verify({ license: key })).body.valid).toBe(true)
    await setFacts(license, { admin: 'revoked' })
    expect((await verify({ license: key })).body.valid).toBe(false)
  })
})

describe('a bad POST /api/verify', () => {
  it.each([
    ['QF-PRO-1234'],
    ['QF-PRO-zzzzzzzzzzzz-1735689600'],
    ['QF-PRO-0123456789AB-1735689600'],
    ['XX-PRO-0123456789ab-1735689600'],
    ['QF-PRO-0123456789ab-1735689600-1'],
    ['QF--0123456789ab-1735689600'],
    ['QF-PRO-0123456789ab-01735689600'],
    ['QF-PRO-0123456789ab-99999999999999999999'],
    ['🦅'],
    ['   '],
    ['x'.repeat(10_000)],
    ['QF-PRO-0123456789ab-1735689600\u0000'],
    ['\ud800'],
  ])('with %j is of no format, and reaches no database', async (license) => {
    expect(await verify({ license })).toMatchObject({
      status: 401,
      body: { valid: false, error: 'Invalid format', code: 'NOT_FOUND', retryable: false },
    })
    expect(test.commands).toEqual([])
  })

  it.each([
    ['no license', {}],
    ['null', { license: null }],
    ['an empty license', { license: '' }],
  ])('with %s is told so as in the seed', async (_, body) => {
    expect(await verify(body)).toMatchObject({
      status: 400,
      body: { valid: false, error: 'No license provided', code: 'INVALID_REQUEST' },
    })
    expect(test.commands).toEqual([])
  })

  it.each([
    ['a number', { license: 7 }, ['license']],
    ['a list', { license: ['QF'] }, ['license']],
    ['a list for a body', [], ['']],
    ['null for a body', null, ['']],
    ['no JSON', 'license=QF', ['']],
    ['an empty body', '', ['']],
    ['no body', undefined, ['']],
  ])('with %s names what is wrong, and is not valid', async (_, body, paths) => {
    const answer = await verify(body)
    expect(answer).toMatchObject({ status: 400, body: { valid: false, code: 'INVALID_REQUEST' } })
    expect(answer.body.fields.map(({ path }: { path: string }) => path)).toEqual(paths)
    expect(test.commands).toEqual([])
  })

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['application/jsonp'],
    [undefined],
  ])('of content type %s is refused', async (type) => {
    expect(await verify({ license: 'x' }, { headers: { 'content-type': type } })).toMatchObject({
      status: 400,
      body: { fields: [{ path: 'headers.content-type' }] },
    })
  })

  it('takes application/json with a character set', async () => {
    const headers = { 'content-type': 'Application/JSON; charset=UTF-8' }
    expect(await verify({ license: 'x' }, { headers })).toMatchObject({ status: 401 })
  })

  it.each([
    [65_536, 401],
    [65_537, 413],
  ])('of %d bytes gets %d', async (size, status) => {
    const shell = JSON.stringify({ license: '' }).length
    const answer = await verify({ license: 'x'.repeat(size - shell) })
    expect(answer.status).toBe(status)
    expect(answer.body.valid).toBe(false)
  })
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

  it('says the same once more, signed, for five minutes', async () => {
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

  it('signs nothing without one, and needs no signing key for that', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_unsigned' })
    const broken = {
      ...test.runtime,
      secretIds: { ...test.runtime.secretIds, signingKeys: 'none' },
    }
    const ask = async (body: object) => {
      const response = await createHandler(broken)(aPost(body), aContext())
      return { status: response.statusCode, body: bodyOf(response) }
    }
    const { status, body } = await ask({ license: key })
    expect(status).toBe(200)
    expect(body).not.toHaveProperty('token')
    const signed = await ask({ license: key, nonce })
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
  ] as const)('signs %s with what it is about', async (code, facts) => {
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

  it('signs what an expired license falls back to', async () => {
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

  it.each([[7], ['x'.repeat(15)], ['x'.repeat(129)], [`\ud800${'x'.repeat(20)}`], [null]])(
    'refuses the nonce %j',
    async (bad) => {
      expect(await verify({ license: 'x', nonce: bad })).toMatchObject({
        status: 400,
        body: { valid: false, fields: [{ path: 'nonce' }] },
      })
    },
  )
})
