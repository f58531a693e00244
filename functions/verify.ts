/**
 * POST /api/verify: checks a license key. For the customer's app; the key is the credential. One read of the table, two for a
 * key that was reissued, and no write unless the key was never issued.
 *
 * An invalid key gets 401, as in the seed. Server errors are 5xx and never mark a key as invalid.
 */

import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { findTier } from '../lib/catalog/tier.ts'
import {
  refusalResponse,
  resolveFeatures,
  toWireCode,
  wireExpiry,
} from '../lib/http/licenseBody.ts'
import { parseJsonRequest, verifySchema } from '../lib/http/request.ts'
import { json, type Response } from '../lib/http/response.ts'
import { cors } from '../lib/lambda/cors.ts'
import { entry } from '../lib/lambda/entry.ts'
import { errorHandler } from '../lib/lambda/errorHandler.ts'
import { callerNetwork, createRateLimiter } from '../lib/lambda/rateLimit.ts'
import type { VerifyRuntime } from '../lib/lambda/runtime.ts'
import { secretsManager } from '../lib/lambda/secrets.ts'
import { createSigner, UNSIGNED } from '../lib/lambda/signer.ts'
import { createVerifyRuntime } from '../lib/lambda/verifyRuntime.ts'
import { isUnknownKey, toDeviceKey, verifyLicense } from '../lib/license/index.ts'

const BODY = { required: ['license'], missing: 'No license provided' }

export function createHandler(runtime: VerifyRuntime) {
  const { catalog, clock, metrics } = runtime
  const rateLimited = createRateLimiter(runtime)
  const prepareToSign = createSigner(runtime)

  return middy<APIGatewayProxyEventV2, Response>()
    .use(cors(runtime.corsOrigins))
    .use(errorHandler(runtime, { refusal: { valid: false } }))
    .use(secretsManager(runtime, ['pepper']))
    .handler(async (event, { secrets: { pepper } }) => {
      const { license: text, deviceId, nonce } = parseJsonRequest(event, verifySchema, BODY)
      const now = clock()
      const sign = nonce === undefined ? UNSIGNED : await prepareToSign({ nonce, deviceId, now })

      const limiter = rateLimited({ key: callerNetwork(event) }, { pepper })
      const keys = { pepper, prefix: catalog.prefix }
      const verdict = await verifyLicense({ store: limiter.store, keys, now }, text, {
        device: deviceId === undefined ? undefined : toDeviceKey(deviceId, pepper),
        isRequired: (tier) => findTier(catalog, tier)?.requireDevice ?? false,
      })
      if (isUnknownKey(verdict)) await limiter.countFailure('key')
      metrics.count('Verified', { code: toWireCode(verdict) })

      const signed = await sign(verdict)
      if (!verdict.valid) return refusalResponse(verdict.code, catalog, { valid: false }, signed)
      const { license, expiresAt } = verdict
      return json(200, {
        valid: true,
        tier: license.tier,
        expiresAt: wireExpiry(license, expiresAt),
        userId: license.userId,
        features: resolveFeatures(license.tier, catalog),
        code: 'VALID',
        state: verdict.state,
        ...signed,
      })
    })
}

export const handler = await entry(createVerifyRuntime, createHandler)
