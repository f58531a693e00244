/** Requests as the gateway hands them to a function. */

import Stripe from 'stripe'
import type { StripeEvent } from '../stripe/objects.ts'
import { createEventFactory } from '../stripe/scenarios.ts'
import type { Request } from './load.ts'
import { ADMIN_TOKEN, WEBHOOK_SECRET } from './stage.ts'

interface Asked {
  readonly method?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The same over HTTP. */
const overHttp = (path: string, { query = {}, ...asked }: Asked): Request => {
  const text = new URLSearchParams(query).toString()
  return { path: text === '' ? path : `${path}?${text}`, ...asked }
}

const PROXY = '/api/admin/'

let callers = 0
/** Each of somebody who has not called before: RFC 3849 keeps these addresses for examples. */
const anAddress = () => {
  callers += 1
  return `2001:db8:${(callers >>> 16).toString(16)}:${(callers & 0xffff).toString(16)}::1`
}

export function anEvent(
  path: string,
  { method = 'POST', query = {}, headers = {}, body }: Asked,
  sourceIp = anAddress(),
): object {
  // As serverless.yml has it: the routes of the admin API are one.
  const routeKey = `${method} ${path.startsWith(PROXY) ? `${PROXY}{proxy+}` : path}`
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
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: 'bench' },
    },
    ...(path.startsWith(PROXY) && { pathParameters: { proxy: path.slice(PROXY.length) } }),
    isBase64Encoded: false,
    ...(body !== undefined && { body }),
  }
}

const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}` }

/** A question to a route: an event for a function, or a request over HTTP. */
type Ask<Asking> = (path: string, asked: Asked) => Asking

/** What is asked, in one form or the other. */
const questions = <Asking>(ask: Ask<Asking>) => ({
  verification: (license: string, more: object = {}) =>
    ask('/api/verify', { body: JSON.stringify({ license, ...more }) }),

  order: (userId: string, more: object = {}) =>
    ask('/api/generate', {
      headers: AUTHORIZED,
      body: JSON.stringify({ userId, userEmail: `${userId}@example.com`, tier: 'pro', ...more }),
    }),

  activation: (license: string, deviceId: string) =>
    ask('/api/activate', { body: JSON.stringify({ license, deviceId }) }),

  list: (query: Readonly<Record<string, string>> = {}) =>
    ask('/api/admin/licenses', { method: 'GET', headers: AUTHORIZED, query }),

  lookup: (path: string) => ask(path, { method: 'GET' }),

  /** An event of Stripe's, signed as Stripe does. */
  delivery: (event: StripeEvent) => {
    const body = JSON.stringify(event)
    const secret = WEBHOOK_SECRET
    const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret })
    return ask('/webhooks/stripe', { headers: { 'stripe-signature': signature }, body })
  },
})

/** As events for the functions themselves. */
export const events = questions((path, asked) => anEvent(path, asked))

/** As requests over HTTP. */
export const requests = questions(overHttp)

/** A customer of Stripe's, whom no other event is about. */
export const aBuyer = (name: string) =>
  createEventFactory({
    name,
    user: name,
    email: `${name}@example.com`,
    tier: 'pro',
    nextTier: 'elite',
    version: '2026-10-28.endive',
    start: Math.floor(Date.now() / 1000),
  })

export const aPurchase = (name: string) => aBuyer(name).subscribed(0)
