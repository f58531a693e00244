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
  /** The signing secrets that it returned, oldest first. */
  readonly shown: string[]
  /** Created and changed endpoints, in order. */
  readonly writes: string[]
  /** Valid API keys. */
  readonly keys: Set<string>
  /** Those without any permission. */
  readonly restrictedKeys: Set<string>
  /** Those without permission to read the account. */
  readonly keysWithoutAccount: Set<string>
  /** Called after an endpoint is created, before the response. */
  onCreate: () => Promise<void>
}

/** Small, so that a list has several pages. */
const PAGE_SIZE = 2

type Answer = [status: number, body: object]

const refuse = (status: number, message: string): Answer => [
  status,
  { error: { type: 'invalid_request_error', message } },
]

/** Parses `name[0]=a&name[1]=b`, as Stripe's SDK formats lists. */
const parseList = (params: URLSearchParams, name: string) =>
  [...params].filter(([key]) => key.startsWith(`${name}[`)).map(([, value]) => value)

/** Starts the webhook endpoints of a Stripe account: https://docs.stripe.com/api/webhook_endpoints */
export async function aStripeAccount(): Promise<StripeAccount> {
  const endpoints: Endpoint[] = []
  let count = 0

  const http = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const form = new URLSearchParams(await text(request))
    const key = request.headers.authorization?.replace('Bearer ', '') ?? ''
    const params = request.method === 'GET' ? searchParams : form
    const [status, body] = await answer(`${request.method} ${pathname}`, key, params)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })

  async function answer(route: string, key: string, params: URLSearchParams): Promise<Answer> {
    const end = key.slice(-4)
    const isAccount = route === 'GET /v1/account'
    if (!account.keys.has(key)) return refuse(401, `Invalid API Key provided: sk_test_****${end}`)
    if (account.restrictedKeys.has(key) || (isAccount && account.keysWithoutAccount.has(key))) {
      return refuse(403, `The provided key 'rk_test_****${end}' may not`)
    }
    if (isAccount) return [200, { id: 'acct_1', object: 'account' }]
    if (route === 'GET /v1/webhook_endpoints') return [200, list(params.get('starting_after'))]
    if (route === 'POST /v1/webhook_endpoints') return create(params)
    const endpoint = endpoints.find(({ id }) => route === `POST /v1/webhook_endpoints/${id}`)
    return endpoint ? update(endpoint, params) : refuse(404, 'No such endpoint')
  }

  function list(after: string | null) {
    const end = endpoints.findIndex(({ id }) => id === after) + 1 + PAGE_SIZE
    const data = endpoints.slice(end - PAGE_SIZE, end)
    return { object: 'list', data, has_more: endpoints.length > end }
  }

  async function create(params: URLSearchParams): Promise<Answer> {
    const enabled_events = parseList(params, 'enabled_events')
    const url = params.get('url')
    if (!url || enabled_events.length === 0) return refuse(400, 'Missing required param')
    const id = `we_${++count}`
    const secret = `whsec_shown_${count}`
    const endpoint = anEndpoint({ id, api_version: params.get('api_version'), url, enabled_events })
    endpoints.unshift(endpoint)
    account.shown.push(secret)
    account.writes.push(`created ${id}`)
    await account.onCreate()
    return [200, { ...endpoint, secret }]
  }

  function update(endpoint: Endpoint, params: URLSearchParams): Answer {
    const events = parseList(params, 'enabled_events')
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
    restrictedKeys: new Set(),
    keysWithoutAccount: new Set(),
    onCreate: async () => {},
  }
  return account
}

/** An endpoint with the right settings, unless changed. */
export const anEndpoint = (changes: Partial<Endpoint>): Endpoint => ({
  id: 'we_before',
  object: 'webhook_endpoint',
  api_version: '2026-10-28.endive',
  url: 'https://licenses.example.com/webhooks/stripe',
  enabled_events: EVENT_TYPES,
  status: 'enabled',
  ...changes,
})
