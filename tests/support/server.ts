import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { createHandler as createAdminHandler } from '../../functions/admin.ts'
import { createHandler as createDevicesHandler } from '../../functions/devices.ts'
import { createHandler as createGenerateHandler } from '../../functions/generate.ts'
import { createHandler as createWebhookHandler } from '../../functions/stripeWebhook.ts'
import { createHandler as createVerifyHandler } from '../../functions/verify.ts'
import { createHandler as createWellKnownHandler } from '../../functions/wellKnown.ts'
import type { Handler } from '../../lib/lambda/endpoint.ts'
import type { Runtime } from '../../lib/lambda/runtime.ts'
import { type Server, toServer } from '../../scripts/local/server.ts'
import { aContext, aRequest } from './http.ts'

export interface ApiServer extends Server {
  /** What was asked for, in order: the method and the path. */
  readonly asked: string[]
  /** Is called before each request is answered; what it throws breaks the connection. */
  before: (asked: string) => void
  /** The same, once it was done and before the answer is sent. */
  after: (asked: string) => void
}

/** The functions over HTTP, as the gateway puts them there: for what is tested from outside. */
export async function anApiServer(runtime: Runtime): Promise<ApiServer> {
  const routes: [path: RegExp, handler: Handler][] = [
    [/^\/api\/admin\//, createAdminHandler(runtime)],
    [/^\/api\/(?:activate|deactivate|devices)$/, createDevicesHandler(runtime)],
    [/^\/api\/generate$/, createGenerateHandler(runtime)],
    [/^\/api\/verify$/, createVerifyHandler(runtime)],
    [/^\/\.well-known\//, createWellKnownHandler(runtime)],
    [/^\/webhooks\/stripe$/, createWebhookHandler(runtime)],
  ]
  const http = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost')
    const asked = `${request.method} ${pathname}`
    server.asked.push(asked)
    try {
      server.before(asked)
    } catch {
      request.socket.destroy()
      return
    }
    const handler = routes.find(([path]) => path.test(pathname))?.[1]
    const answer = await handler?.(await toEvent(request), aContext())
    try {
      server.after(asked)
    } catch {
      request.socket.destroy()
      return
    }
    response.writeHead(answer?.statusCode ?? 404, answer?.headers as Record<string, string>)
    response.end(answer?.body)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server: ApiServer = {
    ...toServer(http),
    asked: [],
    before: () => {},
    after: () => {},
  }
  return server
}

async function toEvent(request: IncomingMessage) {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  const body = await text(request)
  return aRequest(`${request.method}`, pathname, {
    query: Object.fromEntries(searchParams),
    headers: request.headers as Record<string, string>,
    ...(body !== '' && { body }),
  })
}
