import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Server, toServer } from '../../scripts/local/server.ts'

/** A response of the service on its way to the client. */
interface Forwarded {
  readonly path: string
  status: number
  body: string
}

export interface TestProxy extends Server {
  /** Paths of the requests, in order. */
  readonly requests: string[]
  /** Handles a request in place of the service. Returns false to forward it. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean
  /** May change a response of the service. */
  onResponse: (response: Forwarded) => unknown
  /** Forwards everything again, and clears `requests`. */
  reset(): void
}

const REQUEST_HEADERS = ['content-type', 'authorization', 'origin', 'stripe-signature'] as const
const RESPONSE_HEADERS = ['access-control-allow-origin', 'content-security-policy'] as const

/** Picks the headers that are present. */
const pickHeaders = (names: readonly string[], value: (name: string) => unknown) =>
  Object.fromEntries(names.flatMap((name) => (value(name) ? [[name, `${value(name)}`]] : [])))

/** Starts a proxy between a client and the service, which can replace and change responses. */
export async function startProxy(service: string): Promise<TestProxy> {
  const http = createServer(async (request, response) => {
    const path = request.url ?? ''
    proxy.requests.push(path)
    if (proxy.instead(request, response)) return
    const { method = 'GET', headers } = request
    const body = await text(request)
    const original = await fetch(`${service}${path}`, {
      method,
      headers: pickHeaders(REQUEST_HEADERS, (name) => headers[name]),
      ...(body !== '' && { body }),
    })
    const forwarded = { path, status: original.status, body: await original.text() }
    proxy.onResponse(forwarded)
    const picked = pickHeaders(RESPONSE_HEADERS, (name) => original.headers.get(name))
    response.writeHead(forwarded.status, { 'content-type': 'application/json', ...picked })
    response.end(forwarded.status === 204 ? undefined : forwarded.body)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const proxy: TestProxy = {
    ...toServer(http),
    requests: [],
    instead: () => false,
    onResponse: () => {},
    reset() {
      proxy.instead = () => false
      proxy.onResponse = () => {}
      proxy.requests.length = 0
    },
  }
  return proxy
}
