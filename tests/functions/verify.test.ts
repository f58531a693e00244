import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../functions/verify.ts'
import { DAY_MS, LIFETIME, LIFETIME_DAYS, type License } from '../../lib/license/index.ts'
import { aContext, aPost, bodyOf } from '../support/http.ts'
import { issued, NOW } from '../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../support/runtime.ts'
import { aDocumentClient, allItems } from '../support/table.ts'

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

  it('reads one item and writes nothing', async () => {
    const { key } = await issued(test.runtime.store, { userId: 'user_reads' })
    const before = await allItems(test.table)
    test.commands.length = 0
    await verify({ license: key })
    expect(test.commands).toEqual(['GetItemCommand'])
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
