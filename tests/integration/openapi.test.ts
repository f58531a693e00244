import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { createHandler as createAdminHandler } from '../../functions/admin.ts'
import { createHandler as createDevicesHandler } from '../../functions/devices.ts'
import { createHandler as createGenerateHandler } from '../../functions/generate.ts'
import { handler as healthHandler } from '../../functions/health.ts'
import { createHandler as createRecoverHandler } from '../../functions/recover.ts'
import { createHandler as createWebhookHandler } from '../../functions/stripeWebhook.ts'
import { createHandler as createVerifyHandler } from '../../functions/verify.ts'
import { createHandler as createWellKnownHandler } from '../../functions/wellKnown.ts'
import { SCOPES } from '../../lib/access/token.ts'
import { catalog } from '../../lib/catalog/catalog.ts'
import type { Response } from '../../lib/http/response.ts'
import type { AdminRuntime } from '../../lib/lambda/runtime.ts'
import { createStores } from '../../lib/store/stores.ts'
import { openApi } from '../../scripts/openapi/document.ts'
import { aContext, aRequest, bodyOf } from '../support/http.ts'
import { aRuntime, type TestRuntime } from '../support/runtime.ts'
import { aCheckout, aSignature } from '../support/stripe.ts'
import { aStoreTable } from '../support/table.ts'

type Json = Record<string, unknown>
interface Operation {
  readonly description?: string
  readonly responses: Readonly<Record<string, { $ref?: string; content?: Json }>>
}

const document = openApi(catalog, '0.0.0') as {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  components: { responses: Readonly<Record<string, { content: Json }>> }
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    operation,
  })),
)
const ajv = new Ajv2020({ strict: false })

let test: TestRuntime
let down: AdminRuntime
let broken: AdminRuntime
let keyless: AdminRuntime
beforeAll(async () => {
  test = await aRuntime()
  down = { ...test.runtime, ...createStores(aStoreTable('nowhere', 'http://127.0.0.1:1')) }
  keyless = {
    ...test.runtime,
    secretIds: { ...test.runtime.secretIds, signingKeys: 'test/none' },
  }
  broken = {
    ...test.runtime,
    clock: () => {
      throw new Error('The clock is broken')
    },
  }
})
afterAll(() => test.stop())

interface Sent {
  readonly query?: Record<string, string>
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly ip?: string
}

const ROOT = { authorization: 'Bearer test_admin_token' }

function send(on: AdminRuntime, method: string, route: string, sent: Sent): Promise<Response> {
  const event = aRequest(method, route, sent)
  if (route === '/health') return healthHandler()
  if (route === '/api/generate') return createGenerateHandler(on)(event, aContext())
  if (route === '/api/verify') return createVerifyHandler(on)(event, aContext())
  if (/^\/api\/(activate|deactivate|devices)$/.test(route)) {
    return createDevicesHandler(on)(event, aContext())
  }
  if (route === '/api/recover') return createRecoverHandler(on)(event, aContext())
  if (route.startsWith('/.well-known/')) return createWellKnownHandler(on)(event, aContext())
  if (route === '/webhooks/stripe') return createWebhookHandler(on)(event, aContext())
  return createAdminHandler(on)(event, aContext())
}

const admin = async (method: string, route: string, body: object) =>
  bodyOf(await send(test.runtime, method, `/api/admin${route}`, { body, headers: ROOT }))

let count = 0
async function aLicense(): Promise<{ id: string; license: string }> {
  const sent = { body: { userId: `user_${++count}`, tier: 'pro' }, headers: ROOT }
  const { license } = bodyOf(await send(test.runtime, 'POST', '/api/generate', sent))
  const { items } = bodyOf(
    await send(test.runtime, 'GET', '/api/admin/licenses', {
      query: { user: `user_${count}` },
      headers: ROOT,
    }),
  )
  return { id: items[0].id, license }
}

const BODIES: Readonly<Record<string, object>> = {
  '/api/generate': { userId: 'user_doc', tier: 'pro', userEmail: 'a@example.com' },
  '/api/admin/licenses/bulk': {
    rows: [{ userId: 'u', tier: 'pro', paymentIntentId: 'pi_doc' }, 7],
  },
  '/api/admin/licenses/{id}/extend': { reason: 'x', days: 1 },
  '/api/admin/licenses/{id}/change-tier': { reason: 'x', tier: 'elite' },
  '/api/admin/licenses/{id}/transfer': { reason: 'x', userId: 'user_new' },
  '/api/admin/mails/allow': { reason: 'x', email: 'a@example.com' },
  '/api/admin/tokens': { name: 'x', scopes: ['licenses:read'] },
}

const isByKey = (path: string) => /^\/api\/(verify|activate|deactivate|devices)$/.test(path)
const isAdmin = (path: string) => path.startsWith('/api/admin')

/** Builds a request that a route responds to with 200. */
async function aValidRequest(path: string): Promise<Sent & { readonly id: string }> {
  if (path === '/webhooks/stripe') {
    const body = JSON.stringify(
      aCheckout({ id: `cs_${++count}`, payment_intent: `pi_${count}` }, { id: `evt_${count}` }),
    )
    return { id: '', body, headers: { 'stripe-signature': aSignature(body) } }
  }
  const { id, license } = await aLicense()
  if (path === '/api/verify' || path === '/api/devices') return { id, body: { license } }
  if (path === '/api/recover') return { id, body: { email: 'lost@example.com' } }
  if (path === '/api/admin/licenses/lookup') return { id, body: { license }, headers: ROOT }
  if (path.endsWith('activate')) return { id, body: { license, deviceId: 'device_1' } }
  const isToken = path.includes('/tokens/')
  const token = isToken
    ? await admin('POST', '/tokens', { name: 'x', scopes: [...SCOPES] })
    : { id }
  return {
    id: token.id,
    ...(path.endsWith('/at') && { query: { time: '2025-01-02' } }),
    body: BODIES[path] ?? { reason: 'x' },
    headers: path === '/health' ? {} : ROOT,
  }
}

/** Changes a valid request so that the route responds with a status. */
const PROVOKED: Readonly<
  Record<
    string,
    (path: string, sent: Sent & { id: string }) => Promise<Sent & { id: string; on?: AdminRuntime }>
  >
> = {
  '200': async (_, sent) => sent,
  '400': async (path, sent) =>
    path === '/webhooks/stripe'
      ? { ...sent, headers: {} }
      : { ...sent, body: '{', query: { limit: 'x', time: 'x' } },
  '401': async (path, sent) =>
    isByKey(path)
      ? { ...sent, body: { ...(sent.body as object), license: 'nonsense' } }
      : { ...sent, headers: { authorization: 'Bearer wrong' } },
  '403': async (path, sent) => {
    const needed = /`([a-z]+:[a-z]+)`/.exec(
      Object.values(document.paths[path] ?? {})
        .map(({ description }) => description)
        .join(),
    )?.[1]
    const scopes = SCOPES.filter(
      (scope) => scope !== needed && (path !== '/api/admin/tokens' || scope !== 'tokens:manage'),
    )
    const { token } = await admin('POST', '/tokens', { name: 'x', scopes })
    return { ...sent, headers: { authorization: `Bearer ${token}` } }
  },
  '404': async (path, sent) =>
    path.endsWith('/lookup')
      ? { ...sent, body: { license: 'QF-PRO-000000000000-1735689600' } }
      : { ...sent, id: 'lic_none' },
  '409': async (path, sent) => {
    if (path === '/api/activate') {
      const one = { reason: 'x', tier: 'pro', seats: 1 }
      await admin('POST', `/licenses/${sent.id}/change-tier`, one)
      await send(test.runtime, 'POST', path, sent)
      return { ...sent, body: { ...(sent.body as object), deviceId: 'device_2' } }
    }
    if (path !== '/api/generate') {
      return { ...sent, body: { ...(sent.body as object), version: 99 } }
    }
    const headers = { ...ROOT, 'idempotency-key': 'doc' }
    const body = { userId: 'user_first', tier: 'pro' }
    await send(test.runtime, 'POST', path, { headers, body })
    return { ...sent, headers }
  },
  '413': async (_, sent) => ({ ...sent, body: JSON.stringify({ x: 'x'.repeat(2_000_000) }) }),
  '429': async (path, sent) => {
    const guess = isByKey(path)
      ? { body: { license: 'QF-PRO-000000000000-1735689600', deviceId: 'd' } }
      : { headers: { authorization: 'Bearer wrong' } }
    const ip = `203.0.113.${++count % 256}`
    for (let failure = 1; failure <= catalog.tries.failures; failure++) {
      // Failed attempts with tokens count for all routes.
      const route = isByKey(path) ? path : '/api/generate'
      await send(test.runtime, 'POST', route, { ...sent, ...guess, ip })
    }
    return { ...sent, ip }
  },
  '500': async (_, sent) => ({ ...sent, on: broken }),
  '503': async (path, sent) => ({
    ...sent,
    // The public keys do not need the database.
    on: path === '/.well-known/jwks.json' ? keyless : down,
  }),
}

const schemaOf = ({ $ref, content }: { $ref?: string; content?: Json }) => {
  const found = $ref
    ? document.components.responses[$ref.split('/').at(-1) ?? '']?.content
    : content
  const [described] = Object.values(found as Record<string, { schema: object }>)
  return described?.schema ?? false
}

/** Returns the body; a JWT is not JSON. */
const parseBody = (response: Response) =>
  response.headers?.['content-type'] === 'application/jwt' ? response.body : bodyOf(response)

describe('openapi.json', () => {
  it('is generated from the schemas by npm run openapi', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'))
    const written = JSON.parse(await readFile('openapi.json', 'utf8'))
    expect(written).toEqual(JSON.parse(JSON.stringify(openApi(catalog, version))))
  })

  it('has unique operation ids', () => {
    const ids = operations.map(({ operation }) => Reflect.get(operation, 'operationId'))
    expect(new Set(ids).size).toBe(ids.length)
  })

  const all = operations.flatMap(({ method, path, operation }) =>
    Object.keys(operation.responses).map((status) => [method, path, status] as const),
  )

  it.each(all)('describes %s %s with status %s', async (method, path, status) => {
    const provoke = PROVOKED[status]
    if (!provoke) throw new Error(`Nothing provokes ${status}`)
    const { id, on = test.runtime, ...sent } = await provoke(path, await aValidRequest(path))
    const response = await send(on, method, path.replace('{id}', id), sent)
    expect(response.statusCode).toBe(Number(status))
    const described = document.paths[path]?.[method.toLowerCase()]?.responses[status] ?? {}
    const isAsDescribed = ajv.compile(schemaOf(described))
    isAsDescribed(parseBody(response))
    expect(isAsDescribed.errors).toBeNull()
  })

  it('is checked by a test that rejects an undescribed response', () => {
    const described = document.paths['/api/verify']?.['post']?.responses['200'] ?? {}
    expect(ajv.validate(schemaOf(described), { valid: true })).toBe(false)
  })

  it('has every admin route', () => {
    expect(operations.filter(({ path }) => isAdmin(path)).length).toBeGreaterThanOrEqual(17)
  })
})
