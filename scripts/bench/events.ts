/** Events for the functions, as API Gateway sends them. */

import Stripe from 'stripe'
import type { StripeEvent } from '../stripe/objects.ts'
import { createEventFactory } from '../stripe/scenarios.ts'
import { ADMIN_TOKEN, WEBHOOK_SECRET } from './stage.ts'

interface Request {
  readonly method?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const PROXY = '/api/admin/'
const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}` }

let callers = 0

/** Returns an address that did not call before, from the range for documentation (RFC 3849). */
function createAddress(): string {
  callers += 1
  return `2001:db8:${(callers >>> 16).toString(16)}:${(callers & 0xffff).toString(16)}::1`
}

/** Creates an event for a request. Each is from another address. */
export function createEvent(
  path: string,
  { method = 'POST', query = {}, headers = {}, body }: Request,
) {
  // All routes of the admin API are one in serverless.yml.
  const isProxy = path.startsWith(PROXY)
  const routeKey = `${method} ${isProxy ? `${PROXY}{proxy+}` : path}`
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    queryStringParameters: query,
    headers: { 'content-type': 'application/json', ...headers },
    requestContext: {
      requestId: 'request',
      routeKey,
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: createAddress(),
        userAgent: 'bench',
      },
    },
    ...(isProxy && { pathParameters: { proxy: path.slice(PROXY.length) } }),
    isBase64Encoded: false,
    ...(body !== undefined && { body }),
  }
}

export const toVerify = (license: string, more: object = {}) =>
  createEvent('/api/verify', { body: JSON.stringify({ license, ...more }) })

export const toActivate = (license: string, deviceId: string) =>
  createEvent('/api/activate', { body: JSON.stringify({ license, deviceId }) })

export const toGenerate = (userId: string, more: object = {}) =>
  createEvent('/api/generate', {
    headers: AUTHORIZED,
    body: JSON.stringify({ userId, userEmail: `${userId}@example.com`, tier: 'pro', ...more }),
  })

export const toList = (query: Readonly<Record<string, string>> = {}) =>
  createEvent('/api/admin/licenses', { method: 'GET', headers: AUTHORIZED, query })

/** Creates the delivery of a Stripe event, with its signature. */
export function toDeliver(event: StripeEvent) {
  const body = JSON.stringify(event)
  const signature = Stripe.webhooks.generateTestHeaderString({
    payload: body,
    secret: WEBHOOK_SECRET,
  })
  return createEvent('/webhooks/stripe', { headers: { 'stripe-signature': signature }, body })
}

/** Creates a customer at Stripe with a subscription of their own. */
export const createBuyer = (name: string) =>
  createEventFactory({
    name,
    user: name,
    email: `${name}@example.com`,
    tier: 'pro',
    nextTier: 'elite',
    version: '2026-10-28.endive',
    start: Math.floor(Date.now() / 1000),
  })
