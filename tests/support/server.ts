import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { createHandler as createAdminHandler } from '../../functions/admin.ts'
import { createHandler as createDevicesHandler } from '../../functions/devices.ts'
import { createHandler as createGenerateHandler } from '../../functions/generate.ts'
import { handler as healthHandler } from '../../functions/health.ts'
import { handler as panelHandler } from '../../functions/panel.ts'
import { createHandler as createRecoverHandler } from '../../functions/recover.ts'
import { createHandler as createWebhookHandler } from '../../functions/stripeWebhook.ts'
import { createHandler as createVerifyHandler } from '../../functions/verify.ts'
import { createHandler as createWellKnownHandler } from '../../functions/wellKnown.ts'
import { createPreflight } from '../../lib/lambda/cors.ts'
import type { HttpHandler } from '../../lib/lambda/entry.ts'
import type { AdminRuntime } from '../../lib/lambda/runtime.ts'
import {
  createRouter,
  type Match,
  OWN_RESPONSES,
  splitTarget,
  toEvent,
} from '../../scripts/local/httpApi.ts'
import { type Server, toServer } from '../../scripts/local/server.ts'
import { aContext, anAddress } from './http.ts'
import { type Write, writing } from './runtime.ts'
import { fromSetup } from './table.ts'

/** What this server knows of a request by a header, and the gateway by itself. No function sees them. */
export const SOURCE_IP = 'x-test-source-ip'
export const BASE64 = 'x-test-base64'
/** What a request wrote in the table, as JSON in a URL's letters. */
export const WRITES = 'x-test-writes'

export interface ApiServer extends Server {
  /** What was asked for, in order: the method and the path. */
  readonly asked: string[]
  /** Is called before each request is answered; what it throws breaks the connection. */
  before: (asked: string) => void
  /** The same, once it was done and before the answer is sent. */
  after: (asked: string) => void
}

/** Those that the gateway calls, by their names in serverless.yml. */
const HANDLERS: Readonly<Record<string, (runtime: AdminRuntime) => HttpHandler>> = {
  admin: createAdminHandler,
  devices: createDevicesHandler,
  generate: createGenerateHandler,
  health: () => healthHandler,
  panel: () => panelHandler,
  preflight: ({ corsOrigins }) => createPreflight(corsOrigins),
  recover: createRecoverHandler,
  stripeWebhook: createWebhookHandler,
  verify: createVerifyHandler,
  wellKnown: createWellKnownHandler,
}

/** The routes of serverless.yml, as `GET /health`, each with the name of its function. */
export const gatewayRoutes = () => JSON.parse(fromSetup('TEST_ROUTES')) as [string, string][]

/** The routes of serverless.yml, with functions of a runtime behind them. */
function createGateway(runtime: AdminRuntime) {
  const made = new Map<string, HttpHandler>()
  return createRouter(
    gatewayRoutes().map(([route, name]) => {
      const handler = made.get(name) ?? HANDLERS[name]?.(runtime)
      if (!handler)
        throw new Error(`serverless.yml has a function that is not served here: ${name}`)
      made.set(name, handler)
      return [route, handler] as const
    }),
  )
}

/** The functions over HTTP, as the gateway puts them there: for what is tested from outside. */
export async function anApiServer(runtime: AdminRuntime): Promise<ApiServer> {
  const routeOf = createGateway(runtime)
  const http = createServer(async (request, response) => {
    const asked = `${request.method} ${splitTarget(request).path}`
    server.asked.push(asked)
    try {
      server.before(asked)
    } catch {
      request.socket.destroy()
      return
    }
    const writes: Write[] = []
    const match = routeOf(asked)
    const bytes = await buffer(request)
    const answer = match
      ? await writing.run(writes, () =>
          match
            .target(eventOf(request, bytes, match), aContext())
            .catch(() => OWN_RESPONSES.failed),
        )
      : OWN_RESPONSES.notFound
    try {
      server.after(asked)
    } catch {
      request.socket.destroy()
      return
    }
    const {
      statusCode = 500,
      headers,
      body = '',
      isBase64Encoded,
    }: Awaited<ReturnType<HttpHandler>> = answer
    // Who was refused wrote little; all that others wrote does not fit into a header.
    const wrote = statusCode >= 400 && { [WRITES]: encodeURIComponent(JSON.stringify(writes)) }
    response.writeHead(statusCode, { ...(headers as Record<string, string>), ...wrote })
    response.end(isBase64Encoded ? Buffer.from(body, 'base64') : body)
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

/** The gateway's event, with what the headers of these tests say of it. */
function eventOf(
  request: IncomingMessage,
  body: Buffer,
  match: Match<HttpHandler>,
): APIGatewayProxyEventV2 {
  const event = toEvent(request, body, match)
  const { [SOURCE_IP]: sourceIp, [BASE64]: base64, ...headers } = event.headers
  event.headers = headers
  event.requestContext.http.sourceIp = sourceIp ?? anAddress()
  if (base64 !== undefined && body.length > 0) {
    event.body = body.toString('base64')
    event.isBase64Encoded = true
  }
  // As Lambda does: what it hands to a function was JSON.
  return JSON.parse(JSON.stringify(event))
}
