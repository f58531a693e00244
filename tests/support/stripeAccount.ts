import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { EVENT_TYPES } from '../../lib/stripe/observe.ts'
import { type Server, toServer } from '../../scripts/local/server.ts'

export interface Endpoint {
  readonly id: string
  readonly object: 'webhook_endpoint'
  readonly api_version: string | null
  readonly url: string
  enabled_events: readonly string[]
  status: 'enabled' | 'disabled'
}

export interface StripeAccount extends Server {
  /** Its webhook endpoints, newest first. */
  readonly endpoints: Endpoint[]
  /** The secrets that it showed when it created endpoints, oldest first. */
  readonly shown: string[]
  /** The changes, in order. */
  readonly writes: string[]
  /** The valid keys, and those among them without any permission. */
  readonly keys: Set<string>
  readonly barred: Set<string>
  /** The keys that cannot read the account. */
  readonly discreet: Set<string>
  /** Runs after an endpoint is created, before the response. */
  made: () => Promise<void>
}

/** Small, so that tests read several pages. */
const PAGE = 2

/** Starts the part of Stripe that manages webhook endpoints: https://docs.stripe.com/api/webhook_endpoints */
export async function aStripeAccount(): Promise<StripeAccount> {
  const endpoints: Endpoint[] = []
  let count = 0

  const http = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const form = new URLSearchParams(await text(request))
    const [status, body] = await answerTo(
      `${request.method} ${pathname}`,
      request.headers.authorization?.replace('Bearer ', '') ?? '',
      request.method === 'GET' ? searchParams : form,
    )
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })

  async function answerTo(
    asked: string,
    key: string,
    params: URLSearchParams,
  ): Promise<[number, object]> {
    const end = key.slice(-4)
    if (!account.keys.has(key)) return refusal(401, `Invalid API Key provided: sk_test_****${end}`)
    if (account.barred.has(key))
      return refusal(403, `The provided key 'rk_test_****${end}' may not`)
    if (asked === 'GET /v1/account' && account.discreet.has(key)) {
      return refusal(403, `The provided key 'rk_test_****${end}' may not`)
    }
    if (asked === 'GET /v1/account') return [200, { id: 'acct_1', object: 'account' }]
    if (asked === 'GET /v1/webhook_endpoints') return [200, page(params.get('starting_after'))]
    if (asked === 'POST /v1/webhook_endpoints') return create(params)
    const endpoint = endpoints.find(({ id }) => asked === `POST /v1/webhook_endpoints/${id}`)
    return endpoint ? update(endpoint, params) : refusal(404, 'No such endpoint')
  }

  function page(after: string | null) {
    const start = endpoints.findIndex(({ id }) => id === after) + 1
    return {
      object: 'list',
      data: endpoints.slice(start, start + PAGE),
      has_more: endpoints.length > start + PAGE,
    }
  }

  async function create(params: URLSearchParams): Promise<[number, object]> {
    const enabled_events = listIn(params, 'enabled_events')
    const url = params.get('url')
    if (!url || enabled_events.length === 0) return refusal(400, 'Missing required param')
    const endpoint: Endpoint = {
      id: `we_${++count}`,
      object: 'webhook_endpoint',
      api_version: params.get('api_version'),
      url,
      enabled_events,
      status: 'enabled',
    }
    const secret = `whsec_shown_${count}`
    endpoints.unshift(endpoint)
    account.shown.push(secret)
    account.writes.push(`made ${endpoint.id}`)
    await account.made()
    return [200, { ...endpoint, secret }]
  }

  function update(endpoint: Endpoint, params: URLSearchParams): [number, object] {
    const events = listIn(params, 'enabled_events')
    if (events.length > 0) endpoint.enabled_events = events
    if (params.has('disabled')) {
      endpoint.status = params.get('disabled') === 'true' ? 'disabled' : 'enabled'
    }
    account.writes.push(`changed ${endpoint.id}`)
    return [200, endpoint]
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const account: StripeAccount = {
    ...toServer(http),
    endpoints,
    shown: [],
    writes: [],
    keys: new Set(),
    barred: new Set(),
    discreet: new Set(),
    made: async () => {},
  }
  return account
}

/** Creates a correct endpoint. */
export const anEndpoint = (changes: Partial<Endpoint>): Endpoint => ({
  id: 'we_before',
  object: 'webhook_endpoint',
  api_version: '2026-10-28.endive',
  url: 'https://licenses.example.com/webhooks/stripe',
  enabled_events: EVENT_TYPES,
  status: 'enabled',
  ...changes,
})

const refusal = (status: number, message: string): [number, object] => [
  status,
  { error: { type: 'invalid_request_error', message } },
]

/** Reads `name[0]=a&name[1]=b`, the format of Stripe's SDK. */
const listIn = (params: URLSearchParams, name: string) =>
  [...params].filter(([key]) => key.startsWith(`${name}[`)).map(([, value]) => value)
