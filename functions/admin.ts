/**
 * /api/admin/…: running the business. For the vendor's own people and tools, by API token; each route has its scope.
 */

import { adminRoutes } from '../lib/admin/routes.ts'
import { authenticate } from '../lib/http/auth.ts'
import { idempotencyKey, parseJsonRequest, parseQuery } from '../lib/http/request.ts'
import { json } from '../lib/http/response.ts'
import { endpoint } from '../lib/lambda/endpoint.ts'
import { entry } from '../lib/lambda/entry.ts'
import { callerNetwork, createRateLimiter } from '../lib/lambda/rateLimit.ts'
import { createRouter } from '../lib/lambda/router.ts'
import type { AdminRuntime } from '../lib/lambda/runtime.ts'
import { createAdminRuntime } from '../lib/lambda/sdkRuntime.ts'
import { KEY_SECRETS, keysOf } from '../lib/lambda/secrets.ts'

const NOTHING_REQUIRED = { required: [], missing: '' }

export function createHandler(runtime: AdminRuntime) {
  const { catalog, clock, log, outbox, stage, store, stripe, summary, tokens, verifiesPerDay } =
    runtime
  const rateLimited = createRateLimiter(runtime)
  const routeOf = createRouter(adminRoutes(catalog))
  const options = { secrets: [...KEY_SECRETS, 'adminToken'], cors: true } as const
  return endpoint(runtime, options, async (event, secrets) => {
    const { pepper, adminToken } = secrets
    const now = clock()
    const { route, params } = routeOf(event)
    const limiter = rateLimited({ token: callerNetwork(event) }, { pepper })
    const caller = await authenticate(event, { adminToken, pepper, limiter, now }, route.scope)
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
      keys: keysOf(secrets, catalog),
      stage,
      livemode: stripe.livemode,
      now,
      caller,
      requestId,
      idempotencyKey: () => idempotencyKey(event),
    }
    const answer = await route.respond(context, { params, query, body })
    if (route.method !== 'GET') {
      log.info('admin', { requestId, actor: caller.tokenId, route: route.path, ...params })
    }
    return json(200, answer)
  })
}

export const handler = await entry(createAdminRuntime, createHandler)
