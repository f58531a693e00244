/**
 * /api/admin/…: the admin API, for the vendor's staff and tools, by API token. The routes with their scopes are data, in
 * lib/admin/routes.ts.
 */

import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Route } from '../lib/admin/route.ts'
import { ADMIN_PATH, adminRoutes } from '../lib/admin/routes.ts'
import { authenticate } from '../lib/http/auth.ts'
import { idempotencyKey, parseJsonRequest, parseQuery } from '../lib/http/request.ts'
import { json, type Response } from '../lib/http/response.ts'
import { cors } from '../lib/lambda/cors.ts'
import { entry } from '../lib/lambda/entry.ts'
import { errorHandler } from '../lib/lambda/errorHandler.ts'
import { callerNetwork, createRateLimiter } from '../lib/lambda/rateLimit.ts'
import { type RouteHandler, router } from '../lib/lambda/router.ts'
import type { AdminRuntime } from '../lib/lambda/runtime.ts'
import { createAdminRuntime } from '../lib/lambda/sdkRuntime.ts'
import {
  KEY_SECRETS,
  retryOnMasterKeyFault,
  secretsManager,
  toKeys,
  type WithSecrets,
} from '../lib/lambda/secrets.ts'

const NOTHING_REQUIRED = { required: [], missing: '' }

const SECRETS = [...KEY_SECRETS, 'adminToken'] as const

export function createHandler(runtime: AdminRuntime) {
  const { catalog, clock, log, outbox, stage, store, stripe, summary, tokens, verifiesPerDay } =
    runtime
  const rateLimited = createRateLimiter(runtime)

  const handle =
    (route: Route): RouteHandler<WithSecrets<(typeof SECRETS)[number]>> =>
    async (event, { secrets }) => {
      const { pepper, adminToken } = secrets
      const now = clock()
      const limiter = rateLimited({ token: callerNetwork(event) }, { pepper })
      const caller = await authenticate(event, { adminToken, pepper, limiter, now }, route.scope)
      // `proxy` is the gateway's own parameter: the whole path.
      const { proxy: _, ...params } = (event.pathParameters ?? {}) as Record<string, string>
      const query = route.query ? parseQuery(event, route.query) : {}
      const body = route.body ? parseJsonRequest(event, route.body, NOTHING_REQUIRED) : {}

      const { requestId } = event.requestContext
      const context = {
        store,
        tokens,
        outbox,
        summary,
        verifiesPerDay,
        catalog,
        keys: toKeys(secrets, catalog),
        stage,
        livemode: stripe.livemode,
        now,
        caller,
        requestId,
        idempotencyKey: () => idempotencyKey(event),
      }
      const result = await route.respond(context, { params, query, body })
      if (route.method !== 'GET') {
        log.info('admin', { requestId, actor: caller.tokenId, route: route.path, ...params })
      }
      return json(200, result)
    }

  const routes = adminRoutes(catalog).map(
    (route) => [`${route.method} ${ADMIN_PATH}${route.path}`, handle(route)] as const,
  )
  const api = middy<APIGatewayProxyEventV2, Response>()
    .use(secretsManager(runtime, SECRETS))
    .handler(router(Object.fromEntries(routes)))

  return middy<APIGatewayProxyEventV2, Response>()
    .use(cors(runtime.corsOrigins))
    .use(errorHandler(runtime))
    .handler(retryOnMasterKeyFault(runtime, api))
}

export const handler = await entry(createAdminRuntime, createHandler)
