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

/** Request headers that stand for properties the gateway knows. They are not passed to functions. */
export const SOURCE_IP = 'x-test-source-ip'
export const BASE64 = 'x-test-base64'
/** Response header with the writes of a rejected request, as URL-encoded JSON. */
export const WRITES = 'x-test-writes'

export interface ApiServer extends Server {
  /** The method and path of each request, in order. */
  readonly asked: string[]
  /** Called before each request is handled. The connection is closed if it throws. */
  before: (route: string) => void
  /** The same, before the response is sent. */
  after: (route: string) => void
}

/** The handlers of the gateway, by the name of their function in serverless.yml. */
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

/** Returns the routes of serverless.yml, such as `GET /health`, each with the name of its function. */
export const gatewayRoutes = () => JSON.parse(fromSetup('TEST_ROUTES')) as [string, string][]

/** Creates the routes of serverless.yml on a runtime. */
function createGateway(runtime: AdminRuntime) {
  const created = new Map<string, HttpHandler>()
  return createRouter(
    gatewayRoutes().map(([route, name]) => {
      const handler = created.get(name) ?? HANDLERS[name]?.(runtime)
      if (!handler)
        throw new Error(`There is no handler for the function ${name} of serverless.yml`)
      created.set(name, handler)
      return [route, handler] as const
    }),
  )
}

/** Serves the functions over HTTP, as the gateway does. */
export async function anApiServer(runtime: AdminRuntime): Promise<ApiServer> {
  const routeOf = createGateway(runtime)
  const http = createServer(async (request, response) => {
    const route = `${request.method} ${splitTarget(request).path}`
    server.asked.push(route)
    try {
      server.before(route)
    } catch {
      request.socket.destroy()
      return
    }
    const writes: Write[] = []
    const match = routeOf(route)
    const bytes = await buffer(request)
    const result = match
      ? await writing.run(writes, () =>
          match
            .target(eventOf(request, bytes, match), aContext())
            .catch(() => OWN_RESPONSES.failed),
        )
      : OWN_RESPONSES.notFound
    try {
      server.after(route)
    } catch {
      request.socket.destroy()
      return
    }
    const {
      statusCode = 500,
      headers,
      body = '',
      isBase64Encoded,
    }: Awaited<ReturnType<HttpHandler>> = result
    // The writes of successful requests do not fit into a header.
    const writesHeader = statusCode >= 400 && {
      [WRITES]: encodeURIComponent(JSON.stringify(writes)),
    }
    response.writeHead(statusCode, { ...(headers as Record<string, string>), ...writesHeader })
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

/** Creates the event of the gateway, with the properties that the headers of a test request set. */
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
  // Events of Lambda are parsed from JSON.
  return JSON.parse(JSON.stringify(event))
}
