/**
 * POST /api/generate: issues a license and returns its key. For the vendor's server, by API token. A repeated request, with
 * the same payment intent or Idempotency-Key, returns the license of the first one.
 */

import { createHash } from 'node:crypto'
import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { authenticate, type Caller } from '../lib/http/auth.ts'
import { resolveFeatures, wireExpiry } from '../lib/http/licenseBody.ts'
import { Problem } from '../lib/http/problem.ts'
import {
  type GenerateRequest,
  generateSchema,
  idempotencyKey,
  parseJsonRequest,
} from '../lib/http/request.ts'
import { json, type Response } from '../lib/http/response.ts'
import { cors } from '../lib/lambda/cors.ts'
import { entry } from '../lib/lambda/entry.ts'
import { errorHandler } from '../lib/lambda/errorHandler.ts'
import { callerNetwork, createRateLimiter } from '../lib/lambda/rateLimit.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import {
  KEY_SECRETS,
  retryOnMasterKeyFault,
  secretsManager,
  toKeys,
} from '../lib/lambda/secrets.ts'
import { DAY_MS, evaluate, type IssueRequest } from '../lib/license/index.ts'
import { issueForPayment } from '../lib/stripe/issueForPayment.ts'

const BODY = { required: ['userId', 'tier'], missing: 'Missing required fields' }

export function createHandler(runtime: Runtime) {
  const { catalog, clock, log, metrics, store } = runtime
  const rateLimited = createRateLimiter(runtime)
  const schema = generateSchema(catalog)

  const issue = middy<APIGatewayProxyEventV2, Response>()
    .use(secretsManager(runtime, [...KEY_SECRETS, 'adminToken']))
    .handler(async (event, { secrets }) => {
      const { pepper, adminToken } = secrets
      const now = clock()
      const limiter = rateLimited({ token: callerNetwork(event) }, { pepper })
      const caller = await authenticate(
        event,
        { adminToken, pepper, limiter, now },
        'licenses:issue',
      )
      const body = parseJsonRequest(event, schema, BODY)

      const request = toIssueRequest(body, event, caller, now)
      const issued = await issueForPayment(
        { store, keys: toKeys(secrets, catalog), now },
        catalog,
        request,
        request.paymentIntentId,
      )
      if (!issued.ok) throw new Problem(issued.error)

      const { key, license, repeated } = issued.value
      const { requestId } = event.requestContext
      if (repeated) metrics.count('Duplicates')
      log.info('license issued', { requestId, licenseId: license.id, tier: license.tier, repeated })
      return json(200, {
        success: true,
        license: key,
        tier: license.tier,
        userId: license.userId,
        userEmail: license.userEmail,
        expiresAt: wireExpiry(license, evaluate(license.facts, now).expiresAt),
        generatedAt: license.origin.issuedAt * 1000,
        paymentIntentId: license.paymentIntentId,
        features: resolveFeatures(license.tier, catalog),
      })
    })

  return middy<APIGatewayProxyEventV2, Response>()
    .use(cors(runtime.corsOrigins))
    .use(errorHandler(runtime))
    .handler(retryOnMasterKeyFault(runtime, issue))
}

function toIssueRequest(
  body: GenerateRequest,
  event: APIGatewayProxyEventV2,
  { tokenId }: Caller,
  now: number,
): IssueRequest {
  const { userId, userEmail = null, tier, duration, paymentIntentId = null } = body
  const key = idempotencyKey(event)
  const order = JSON.stringify([userId, userEmail, tier.name, duration ?? null, paymentIntentId])
  return {
    userId,
    userEmail,
    tier: tier.name,
    seats: tier.seats,
    durationDays: duration ?? tier.defaultDurationDays,
    durationChosen: duration !== undefined,
    paymentIntentId,
    ...(key !== undefined && {
      request: {
        kind: 'request',
        key: `${tokenId}#${key}`,
        fingerprint: createHash('sha256').update(order).digest('base64url'),
        expiresAt: now + DAY_MS,
      },
    }),
    actor: `token:${tokenId}`,
    reason: 'api',
    requestId: event.requestContext.requestId,
  }
}

export const handler = await entry(createRuntime, createHandler)
