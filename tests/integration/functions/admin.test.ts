import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../../functions/admin.ts'
import { createHandler as createGenerateHandler } from '../../../functions/generate.ts'
import { createHandler as createWebhookHandler } from '../../../functions/stripeWebhook.ts'
import { createHandler as createVerifyHandler } from '../../../functions/verify.ts'
import { SCOPES, type Scope } from '../../../lib/access/token.ts'
import { ADMIN_PATH, adminRoutes } from '../../../lib/admin/routes.ts'
import { catalog } from '../../../lib/catalog/catalog.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { askAdmin } from '../../support/admin.ts'
import { aContext, aPost, aRequest, bodyOf } from '../../support/http.ts'
import { NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'
import { aCheckout, aSignature } from '../../support/stripe.ts'
import { allItems } from '../../support/table.ts'

const ROOT = 'test_admin_token'

let test: TestRuntime
let ask: ReturnType<typeof askAdmin>
beforeAll(async () => {
  test = await aRuntime()
  ask = askAdmin(test)
})
beforeEach(() => {
  test.time.now = NOW
  test.commands.length = 0
  test.lines.length = 0
})
afterAll(() => test.stop())

const get = (path: string, query: Record<string, string> = {}, token = ROOT) =>
  ask('GET', path, { query, token })
const post = (path: string, body: object = {}, options: object = {}) =>
  ask('POST', path, { body, ...options })

const act = (id: string, action: string, body: object = {}) =>
  post(`/licenses/${id}/${action}`, { reason: 'because', ...body })

async function generate(body: object, token = ROOT) {
  const headers = { authorization: `Bearer ${token}` }
  const event = aPost(body, { route: '/api/generate', headers })
  const response = await createGenerateHandler(test.runtime)(event, aContext())
  return { status: response.statusCode, body: bodyOf(response) }
}

async function verify(license: string) {
  const response = await createVerifyHandler(test.runtime)(aPost({ license }), aContext())
  return bodyOf(response)
}

let users = 0
/** Issues a license to a new user. */
async function aLicense(changes: object = {}) {
  const userId = `user_${++users}`
  const { body } = await generate({ userId, tier: 'pro', ...changes })
  const { body: list } = await get('/licenses', { user: body.userId })
  return { key: body.license as string, userId, id: list.items[0].id as string }
}

async function aToken(scopes: readonly Scope[], changes: object = {}) {
  const { body } = await post('/tokens', { name: 'a token', scopes, ...changes })
  return body as { token: string; id: string }
}

describe('the admin API', () => {
  it.each([
    ['GET', '/nothing'],
    ['GET', '/licenses/lic_1/revoke'],
    ['POST', '/licenses'],
    ['POST', '/'],
  ] as const)('returns 404 for %s %s', async (method, path) => {
    expect(await ask(method, path, { body: {} })).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', retryable: false },
    })
  })

  const routes = adminRoutes(catalog).map(
    ({ method, path, scope }) => [method, path, scope] as const,
  )

  it.each(routes)('rejects %s %s without a valid token', async (method, path) => {
    const here = path.replace('{id}', 'lic_1')
    expect(await ask(method, here, { token: 'wrong', body: {} })).toMatchObject({ status: 401 })
    // Reads the token and the limit, and counts the failed attempt.
    expect(test.commands).toEqual(['GetItemCommand', 'UpdateItemCommand'])
  })

  const scoped = routes.flatMap(([method, path, scope]) =>
    scope === null ? [] : [[method, path, scope] as const],
  )

  it.each(scoped)('rejects %s %s without the scope %s', async (method, path, scope) => {
    const { token } = await aToken(SCOPES.filter((other) => other !== scope))
    const here = path.replace('{id}', 'lic_1')
    expect(await ask(method, here, { token, body: { reason: 'x' } })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN', error: expect.stringContaining(scope) },
    })
  })

  it.each(routes.filter(([, path]) => path.startsWith('/licenses/{id}')))(
    'returns 404 for %s %s of an unknown license',
    async (method, path) => {
      const [query, body] =
        method === 'GET'
          ? [{ time: '0' }, undefined]
          : [{}, { reason: 'x', days: 1, tier: 'pro', userId: 'u' }]
      const { days: _, ...others } = body ?? {}
      const here = path.replace('{id}', 'lic_none')
      const request = { query, body: path.endsWith('extend') ? body : others }
      expect(await ask(method, here, request)).toMatchObject({
        status: 404,
        body: { code: 'NOT_FOUND' },
      })
    },
  )
})

describe('reading licenses', () => {
  it('returns a license with the facts behind its verdict, without its key', async () => {
    const { id, key, userId } = await aLicense({ userEmail: 'a@example.com', duration: 10 })
    const { body } = await get(`/licenses/${id}`)
    expect(body).toMatchObject({
      id,
      userId,
      userEmail: 'a@example.com',
      tier: 'pro',
      seats: 3,
      state: 'active',
      expiresAt: expect.any(Number),
      features: expect.arrayContaining(['copy_trading']),
      verdict: { valid: true, code: 'VALID', state: 'active' },
      facts: { admin: 'clear', risk: 'clear', billing: { status: 'paid' } },
      events: [{ action: 'issued', actor: 'token:root', reason: 'api', requestId: 'request_1' }],
    })
    expect(JSON.stringify(body)).not.toContain(key.split('-')[2])
  })

  it('rejects a cursor that is malformed or belongs to another list', async () => {
    const user = 'user_pages'
    for (const paymentIntentId of ['pi_page_1', 'pi_page_2']) {
      await generate({ userId: user, tier: 'pro', paymentIntentId })
    }
    const { body } = await get('/licenses', { user, limit: '1' })
    for (const [cursor, query] of [
      [body.cursor, { user: 'user_1' }],
      ['nonsense', { user }],
      [Buffer.from('{}').toString('base64url'), { user }],
    ] as const) {
      expect(await get('/licenses', { ...query, cursor })).toMatchObject({
        status: 400,
        body: { fields: [{ path: 'cursor' }] },
      })
    }
  })

  it('returns 404 for a malformed license id', async () => {
    for (const id of ['x'.repeat(2100), 'lic_1', '🦅', 'tok_1']) {
      const here = `/licenses/${encodeURIComponent(id)}`
      expect(await get(here)).toMatchObject({ status: 404 })
      expect(await post(`${here}/revoke`, { reason: 'x' })).toMatchObject({ status: 404 })
    }
  })

  it('rejects an unknown filter', async () => {
    expect(await get('/licenses', { usr: 'user_1' })).toMatchObject({ status: 400 })
  })

  it('continues a list by expiry while time passes, and omits licenses that are no longer valid', async () => {
    const user = 'user_soon'
    for (let days = 1; days <= 3; days++) {
      await generate({ userId: user, tier: 'free', duration: days })
      test.time.now += 1000
    }
    const over = await aLicense({ duration: 1 })
    await act(over.id, 'revoke')
    const soon = { expiringBefore: `${NOW + 3.5 * DAY_MS}`, limit: '1' }
    const first = await get('/licenses', soon)
    expect(first.body.items).toMatchObject([{ userId: user }])
    test.time.now = NOW + 2.5 * DAY_MS
    const rest: string[] = []
    let { cursor } = first.body
    while (cursor) {
      const { status, body } = await get('/licenses', { ...soon, cursor })
      expect(status).toBe(200)
      rest.push(...body.items.map(({ userId }: { userId: string }) => userId))
      cursor = body.cursor
    }
    expect(rest.filter((name) => name === user)).toHaveLength(1)
    expect(rest).not.toContain(over.userId)
  })

  it.each([
    ['limit', '0'],
    ['expiringBefore', '2025-02-30'],
    ['limit', '101'],
    ['limit', 'x'],
    ['state', 'good'],
    ['expiringBefore', 'soon'],
    ['expiringBefore', '2025-02-30T99:00:00Z'],
    ['user', ''],
  ])('rejects %s=%s', async (path, value) => {
    expect(await get('/licenses', { [path]: value })).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', fields: [{ path }] },
    })
  })

  it('returns the verdict at any time', async () => {
    const { id } = await aLicense({ duration: 30 })
    const at = async (time: number | string) => {
      const { body } = await get(`/licenses/${id}/at`, { time: `${time}` })
      return `${body.code} ${body.tier}`
    }
    test.time.now = NOW + DAY_MS
    await act(id, 'change-tier', { tier: 'elite' })
    test.time.now = NOW + 2 * DAY_MS
    await act(id, 'suspend')
    test.time.now = NOW + 3 * DAY_MS
    await act(id, 'reinstate')
    expect(await at(NOW - 1)).toBe('NOT_FOUND null')
    expect(await at(NOW)).toBe('VALID pro')
    expect(await at(NOW + DAY_MS + 1)).toBe('VALID elite')
    expect(await at(new Date(NOW + 2.5 * DAY_MS).toISOString())).toBe('SUSPENDED elite')
    expect(await at(NOW + 3 * DAY_MS)).toBe('VALID elite')
    expect(await at(NOW + 60 * DAY_MS)).toBe('EXPIRED elite')
    expect(await get(`/licenses/${id}/at`)).toMatchObject({ status: 400 })
    const { body } = await get(`/licenses/${id}/events`, {
      limit: '2',
      until: `${NOW + 2 * DAY_MS}`,
    })
    expect(body.items.map(({ action }: { action: string }) => action)).toEqual([
      'suspended',
      'tier_changed',
    ])
  })
})

describe('an action on a license', () => {
  it('revokes, and requires a reason', async () => {
    const { id, key } = await aLicense()
    expect(await post(`/licenses/${id}/revoke`, {})).toMatchObject({
      status: 400,
      body: { fields: [{ path: 'reason' }] },
    })
    expect(await act(id, 'revoke', { reason: 'fraud' })).toMatchObject({
      status: 200,
      body: { id, state: 'revoked', version: 2 },
    })
    expect(await verify(key)).toMatchObject({ valid: false, code: 'REVOKED' })
    const { body } = await get(`/licenses/${id}`)
    expect(body.events[0]).toMatchObject({
      action: 'revoked',
      actor: 'token:root',
      reason: 'fraud',
      before: { admin: 'clear' },
      after: { admin: 'revoked' },
    })
    expect(await act(id, 'suspend')).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
    expect(await act(id, 'reinstate')).toMatchObject({ body: { state: 'active' } })
    expect(await verify(key)).toMatchObject({ valid: true })
  })

  it('suspends and reinstates', async () => {
    const { id, key } = await aLicense()
    await act(id, 'suspend')
    expect(await verify(key)).toMatchObject({ code: 'SUSPENDED' })
    await act(id, 'reinstate', { clearRisk: true })
    expect(await verify(key)).toMatchObject({ valid: true })
  })

  it('extends by days from the expiry or to the end of a day, and never shortens', async () => {
    const { id, key } = await aLicense({ duration: 10 })
    const { body: before } = await get(`/licenses/${id}`)
    const { body } = await act(id, 'extend', { days: 5 })
    expect(body.expiresAt).toBe(before.expiresAt + 5 * DAY_MS)
    expect((await act(id, 'extend', { until: '2025-03-31' })).body.expiresAt).toBe(
      Date.UTC(2025, 3, 1) - 1,
    )
    expect(await act(id, 'extend', { until: '2025-03-01' })).toMatchObject({ status: 409 })
    test.time.now = Date.UTC(2025, 5, 1)
    expect(await verify(key)).toMatchObject({ code: 'EXPIRED' })
    expect((await act(id, 'extend', { days: 1 })).body.expiresAt).toBe(test.time.now + DAY_MS)
    expect(await verify(key)).toMatchObject({ valid: true, state: 'active' })
    const lifetime = await aLicense({ tier: 'lifetime' })
    expect(await act(lifetime.id, 'extend', { days: 1 })).toMatchObject({ status: 409 })
  })

  it.each([
    [{}, ''],
    [{ days: 1, until: '2025-02-01' }, ''],
    [{ days: 0 }, 'days'],
    [{ days: 1.5 }, 'days'],
    [{ days: '1' }, 'days'],
    [{ until: '2025-02-30' }, 'until'],
    [{ until: 'tomorrow' }, 'until'],
  ])('rejects an extension by %j', async (body, path) => {
    const { id } = await aLicense()
    expect(await act(id, 'extend', body)).toMatchObject({
      status: 400,
      body: { fields: [{ path }] },
    })
  })

  it('changes the tier and seats and keeps the key', async () => {
    const { id, key } = await aLicense()
    expect(await act(id, 'change-tier', { tier: 'elite' })).toMatchObject({ body: { seats: 5 } })
    expect(await act(id, 'change-tier', { tier: 'free', seats: 7 })).toMatchObject({
      body: { tier: 'free', seats: 7 },
    })
    expect(await verify(key)).toMatchObject({ tier: 'free' })
    expect(await act(id, 'change-tier', { tier: 'gold' })).toMatchObject({
      status: 400,
      body: { fields: [{ path: 'tier' }] },
    })
  })

  it('transfers to another user or address', async () => {
    const { id, key } = await aLicense({ userEmail: 'a@example.com' })
    await act(id, 'transfer', { userId: 'user_new' })
    expect(await verify(key)).toMatchObject({ userId: 'user_new' })
    expect(await act(id, 'transfer', { userEmail: null })).toMatchObject({
      body: { userId: 'user_new', userEmail: null },
    })
    expect((await get('/licenses', { email: 'a@example.com' })).body.items).not.toContainEqual(
      expect.objectContaining({ id }),
    )
    expect(await act(id, 'transfer')).toMatchObject({ status: 400 })
  })

  it('adds notes and reveals the key without changes, and records both in the history', async () => {
    const { id, key } = await aLicense()
    expect(await act(id, 'note', { reason: 'called' })).toMatchObject({ body: { version: 1 } })
    expect(await act(id, 'reveal', { reason: 'support' })).toMatchObject({
      body: { license: key, version: 1 },
    })
    const { body } = await get(`/licenses/${id}`)
    expect(
      body.events.map(({ action, reason }: Record<string, string>) => [action, reason]),
    ).toEqual(
      expect.arrayContaining([
        ['revealed', 'support'],
        ['noted', 'called'],
      ]),
    )
    expect(test.lines.join()).not.toContain(key)
  })

  it('reissues a key, with or without an overlap', async () => {
    const { id, key: first } = await aLicense({ paymentIntentId: 'pi_leak' })
    const { body } = await act(id, 'reissue')
    expect(body).toMatchObject({ id, state: 'active' })
    expect(body.license).not.toBe(first)
    expect(await verify(first)).toMatchObject({ valid: false, code: 'REVOKED' })
    expect(await verify(body.license)).toMatchObject({ valid: true })
    test.time.now += 5000
    const { body: third } = await act(id, 'reissue', { overlapHours: 2 })
    expect(await verify(body.license)).toMatchObject({ valid: true })
    test.time.now += 2 * 60 * 60 * 1000 + 1
    expect(await verify(body.license)).toMatchObject({ code: 'REVOKED' })
    expect(await verify(third.license)).toMatchObject({ valid: true })
    expect(await act(id, 'reveal')).toMatchObject({ body: { license: third.license } })
    const order = { userId: body.userId, tier: 'pro', paymentIntentId: 'pi_leak' }
    expect((await generate(order)).body.license).toBe(third.license)
    const stored = JSON.stringify(await allItems(test.table))
    for (const key of [first, body.license, third.license]) {
      expect(stored).not.toContain(key.split('-')[2])
    }
    const { body: shown } = await get(`/licenses/${id}`)
    expect(shown.earlierKeys).toHaveLength(2)
  })

  it('reissues without an overlap even in the second of the first issue, and invalidates all older keys', async () => {
    const { id, key } = await aLicense()
    const { body: second } = await act(id, 'reissue', { overlapHours: 720 })
    expect(second.license).not.toBe(key)
    expect(await verify(key)).toMatchObject({ valid: true })
    await act(id, 'reissue')
    for (const old of [key, second.license])
      expect(await verify(old)).toMatchObject({ code: 'REVOKED' })
  })

  it('counts a duration from the purchase, even after the key was reissued', async () => {
    const metadata = { userId: 'user_count', tier: 'pro' }
    const payload = JSON.stringify(
      aCheckout({ id: 'cs_count', payment_intent: 'pi_count', metadata }, { id: 'evt_count' }),
    )
    const headers = { 'stripe-signature': aSignature(payload) }
    const event = aPost(payload, { route: '/webhooks/stripe', headers })
    const { licenseId } = bodyOf(await createWebhookHandler(test.runtime)(event, aContext()))
    test.time.now = NOW + 20 * DAY_MS
    await act(licenseId, 'reissue')
    const order = { userId: 'user_count', tier: 'pro', paymentIntentId: 'pi_count', duration: 25 }
    expect((await generate(order)).body.expiresAt).toBe(NOW + 25 * DAY_MS)
  })

  it('records no reveal of a key that cannot be derived', async () => {
    const { id } = await aLicense()
    test.secretsManager.secrets.set('test/lost-keys', '{"current":"2","2":"another"}')
    const secretIds = { ...test.runtime.secretIds, masterKeys: 'test/lost-keys' }
    const event = aRequest('POST', `${ADMIN_PATH}/licenses/${id}/reveal`, {
      body: { reason: 'x' },
      headers: { authorization: `Bearer ${ROOT}` },
    })
    const without = createHandler({ ...test.runtime, secretIds })
    expect((await without(event, aContext())).statusCode).toBe(503)
    const { body } = await get(`/licenses/${id}/events`)
    expect(body.items).toHaveLength(1)
  })

  it('rejects an outdated version', async () => {
    const { id } = await aLicense()
    expect(await act(id, 'suspend', { version: 1 })).toMatchObject({ status: 200 })
    for (const action of ['revoke', 'reissue']) {
      expect(await act(id, action, { version: 1 })).toMatchObject({
        status: 409,
        body: { code: 'CONFLICT' },
      })
    }
    expect(await act(id, 'revoke', { version: 0 })).toMatchObject({ status: 400 })
  })

  it('keeps the license consistent, with a history entry per success, during 100 concurrent requests', async () => {
    const { id } = await aLicense()
    const actions = ['revoke', 'reinstate', 'suspend', 'extend', 'change-tier', 'reissue']
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const action = actions[index % actions.length] ?? 'note'
        return act(id, action, {
          ...(action === 'extend' && { days: 1 }),
          ...(action === 'change-tier' && { tier: 'elite' }),
        })
      }),
    )
    const done = outcomes.filter(({ status }) => status === 200)
    expect(outcomes.every(({ status }) => [200, 409].includes(status ?? 0))).toBe(true)
    expect(done.length).toBeGreaterThan(0)
    const { body } = await get(`/licenses/${id}/events`, { limit: '100' })
    expect(body.items).toHaveLength(done.length + 1)
    const { body: license } = await get(`/licenses/${id}`)
    expect(license.version).toBe(done.length + 1)
    // Each entry starts from the values of the previous one.
    const history = body.items.toReversed() as { before: object | null; after: object }[]
    const known: Record<string, unknown> = {}
    for (const { before, after } of history) {
      for (const [name, value] of Object.entries(before ?? {})) {
        if (name in known) expect([name, value]).toEqual([name, known[name]])
      }
      Object.assign(known, after)
    }
    expect(license).toMatchObject({ tier: known['tier'], facts: { admin: known['admin'] } })
  })
})

describe('API tokens', () => {
  it('are returned once, listed without their secret, and revoked immediately', async () => {
    const { token, id } = await aToken(['licenses:read'])
    expect(token).toMatch(/^la_test_[0-9A-Za-z]{43}$/)
    expect(await get('/licenses', { limit: '1' }, token)).toMatchObject({ status: 200 })
    const { body } = await get('/tokens', { limit: '100' })
    const listed = body.items.find((item: { id: string }) => item.id === id)
    expect(listed).toMatchObject({ name: 'a token', scopes: ['licenses:read'], lastUsedAt: NOW })
    const stored = JSON.stringify(await allItems(test.table))
    expect(stored).not.toContain(token)
    expect(stored).not.toContain(token.slice(-43))
    expect(await post(`/tokens/${id}/revoke`)).toMatchObject({ body: { id, revokedAt: NOW } })
    expect(await get('/licenses', { limit: '1' }, token)).toMatchObject({ status: 401 })
    test.time.now += 5
    expect(await post(`/tokens/${id}/revoke`)).toMatchObject({ body: { revokedAt: NOW } })
    expect(await post('/tokens/tok_none/revoke')).toMatchObject({ status: 404 })
    expect(await post(`/tokens/tok_${'a'.repeat(43)}/revoke`)).toMatchObject({ status: 404 })
    expect(test.lines.join()).not.toContain(token)
  })

  it('issue licenses if they have the scope, and appear in the history', async () => {
    const issuer = await aToken(['licenses:issue'])
    const reader = await aToken(['licenses:read'])
    expect(await generate({ userId: 'user_token', tier: 'pro' }, reader.token)).toMatchObject({
      status: 403,
    })
    expect(await generate({ userId: 'user_token', tier: 'pro' }, issuer.token)).toMatchObject({
      status: 200,
    })
    const { body } = await get('/licenses', { user: 'user_token' }, reader.token)
    const { body: shown } = await get(`/licenses/${body.items[0].id}`)
    expect(shown.events[0].actor).toBe(`token:${issuer.id}`)
  })

  it('cannot create a token with more scopes', async () => {
    const manager = await aToken(['tokens:manage', 'licenses:read'])
    const wanted = { name: 'more', scopes: ['licenses:write', 'licenses:read'] }
    expect(await post('/tokens', wanted, { token: manager.token })).toMatchObject({
      status: 403,
      body: { error: expect.stringContaining('licenses:write') },
    })
    const less = { name: 'less', scopes: ['licenses:read'] }
    expect(await post('/tokens', less, { token: manager.token })).toMatchObject({
      body: { createdBy: manager.id },
    })
  })

  it('cannot create a token with a later expiry, or one in the past', async () => {
    const scopes: Scope[] = ['tokens:manage', 'licenses:read']
    const manager = await aToken(scopes, { expires: '2025-01-05' })
    const create = async (more: object) =>
      (await post('/tokens', { name: 'x', scopes, ...more }, { token: manager.token })).body
    const end = Date.UTC(2025, 0, 6) - 1
    expect(await create({})).toMatchObject({ expiresAt: end })
    expect(await create({ expires: '2030-01-01' })).toMatchObject({ expiresAt: end })
    expect(await create({ expires: '2025-01-03' })).toMatchObject({ expiresAt: end - 2 * DAY_MS })
    expect(await create({ expires: '2020-01-01' })).toMatchObject({ fields: [{ path: 'expires' }] })
  })

  it('expire at the end of a day', async () => {
    const { token } = await aToken(['licenses:read'], { expires: '2025-01-02' })
    test.time.now = Date.UTC(2025, 0, 3) - 2
    expect(await get('/licenses', { limit: '1' }, token)).toMatchObject({ status: 200 })
    test.time.now = Date.UTC(2025, 0, 3)
    expect(await get('/licenses', { limit: '1' }, token)).toMatchObject({ status: 401 })
  })

  it('are listed in pages', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { body } = await get('/tokens', { limit: '2', ...(cursor && { cursor }) })
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.cursor
    } while (cursor)
    expect(seen.length).toBeGreaterThan(3)
    expect(new Set(seen).size).toBe(seen.length)
  })

  it.each([
    [{ scopes: ['licenses:read'] }, 'name'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['all'] }, 'scopes.0'],
    [{ name: 'x', scopes: ['licenses:read'], expires: 'never' }, 'expires'],
  ])('are not created from %j', async (body, path) => {
    expect(await post('/tokens', body)).toMatchObject({ status: 400, body: { fields: [{ path }] } })
  })
})

describe('POST /licenses/bulk', () => {
  const headers = { 'idempotency-key': 'bulk_1' }

  it('issues each row once, with a result per row', async () => {
    const rows = [
      { userId: 'user_bulk_1', tier: 'pro' },
      { userId: 'user_bulk_2', tier: 'gold' },
      { userId: 'user_bulk_3', tier: 'elite', duration: 5, paymentIntentId: 'pi_bulk' },
      'nothing',
      { userId: 'user_bulk_1', tier: 'pro' },
    ]
    const { status, body } = await post('/licenses/bulk', { rows }, { headers })
    expect(status).toBe(200)
    expect(body.results).toMatchObject([
      { ok: true, repeated: false, license: expect.stringMatching(/^QF-PRO-/) },
      { ok: false, code: 'INVALID_REQUEST', fields: [{ path: 'tier' }] },
      { ok: true, license: expect.stringMatching(/^QF-ELITE-/) },
      { ok: false, fields: [{ path: '' }] },
      { ok: true },
    ])
    expect(body.results[0].license).not.toBe(body.results[4].license)
    const { body: again } = await post('/licenses/bulk', { rows }, { headers })
    expect(again.results.map(({ license }: { license: string }) => license)).toEqual(
      body.results.map(({ license }: { license: string }) => license),
    )
    expect(again.results[0].repeated).toBe(true)
    const changed = [{ userId: 'user_bulk_x', tier: 'pro' }]
    expect(
      (await post('/licenses/bulk', { rows: changed }, { headers })).body.results,
    ).toMatchObject([{ ok: false, code: 'CONFLICT' }])
  })

  it('requires a key that makes each row idempotent', async () => {
    const rows = [{ userId: 'user_bulk_4', tier: 'pro' }]
    expect((await post('/licenses/bulk', { rows })).body.results).toMatchObject([
      { ok: false, code: 'INVALID_REQUEST', fields: [{ path: 'ref' }] },
    ])
  })

  it('issues a ref only once, and rejects it for another request', async () => {
    const row = { userId: 'user_bulk_5', tier: 'pro', ref: 'row_5' }
    const bulk = async (...rows: object[]) => (await post('/licenses/bulk', { rows })).body.results
    const [first] = await bulk(row)
    test.time.now += 40 * DAY_MS
    expect(await bulk(row)).toMatchObject([{ license: first.license, repeated: true }])
    expect(await bulk({ ...row, tier: 'elite' })).toMatchObject([{ ok: false, code: 'CONFLICT' }])
    expect(await bulk({ ...row, ref: 'row_6', expiresAt: 9e15 })).toMatchObject([
      { ok: false, fields: [{ path: 'expiresAt' }] },
    ])
  })

  it('issues 100 keys of one user and tier in consecutive seconds, with few requests', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({
      userId: 'user_crowd',
      tier: 'pro',
      ref: `crowd_${index}`,
    }))
    test.commands.length = 0
    const { body } = await post('/licenses/bulk', { rows })
    expect(new Set(body.results.map(({ license }: { license: string }) => license)).size).toBe(100)
    expect(test.commands.length).toBeLessThan(200)
  })

  it('imports existing keys', async () => {
    // Derived as in the prototype; see tests/fixtures/seedKeys.json.
    const { createHmac } = await import('node:crypto')
    const at = NOW / 1000 - 86_400
    const signature = createHmac('sha256', 'test_master_key')
      .update(`user_old:pro:${at}`)
      .digest('hex')
      .slice(0, 12)
    const sold = `QF-PRO-${signature}-${at}`
    const row = { userId: 'user_old', userEmail: 'old@example.com', tier: 'pro', license: sold }
    expect(await verify(sold)).toMatchObject({ code: 'NOT_FOUND' })
    const rows = [
      { ...row, duration: 30 },
      { ...row, userId: 'user_other', duration: 30 },
      { ...row, tier: 'elite', duration: 30 },
      { ...row, license: sold.replace(signature, '000000000000'), duration: 30 },
      { ...row, license: 'nonsense', duration: 30 },
      row,
    ]
    const { body } = await post('/licenses/bulk', { rows, reason: 'moved' })
    expect(body.results).toMatchObject([
      { ok: true, license: sold, repeated: false },
      ...[1, 2, 3, 4].map(() => ({ ok: false, fields: [{ path: 'license' }] })),
      { ok: false, fields: [{ path: 'expiresAt' }] },
    ])
    expect(await verify(sold)).toMatchObject({
      valid: true,
      userId: 'user_old',
      expiresAt: (at + 30 * 86_400) * 1000,
    })
    const paid = { ...row, expiresAt: null, paymentIntentId: 'pi_old' }
    expect((await post('/licenses/bulk', { rows: [paid] })).body.results).toMatchObject([
      { ok: false, fields: [{ path: 'paymentIntentId' }] },
    ])
    const again = await post('/licenses/bulk', { rows: [{ ...row, expiresAt: null }] })
    expect(again.body.results).toMatchObject([{ ok: true, repeated: true }])
    const { body: list } = await get('/licenses', { user: 'user_old' })
    expect(list.items).toHaveLength(1)
    const { body: shown } = await get(`/licenses/${list.items[0].id}`)
    expect(shown.events).toMatchObject([{ action: 'issued', reason: 'moved' }])
    await act(list.items[0].id, 'reissue')
    const late = await post('/licenses/bulk', { rows: [{ ...row, expiresAt: null }] })
    expect(late.body.results).toMatchObject([{ ok: false, code: 'CONFLICT' }])
  })

  it.each([
    [{ rows: [] }, 'rows'],
    [{ rows: Array.from({ length: 101 }, () => ({})) }, 'rows'],
    [{ rows: 'x' }, 'rows'],
    [{}, 'rows'],
  ])('rejects %j', async (body, path) => {
    expect(await post('/licenses/bulk', body)).toMatchObject({
      status: 400,
      body: { fields: [{ path }] },
    })
  })
})
