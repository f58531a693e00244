/**
 * POST /api/verify: is this key good right now? One round trip, two for a key that was reissued; no write unless the
 * key was never issued.
 *
 * A bad key gets 401, as in the seed; what is wrong with our side is 5xx and never says that a key is bad.
 */

import { findTier } from '../lib/catalog/tier.ts'
import {
  refusalResponse,
  resolveFeatures,
  toWireCode,
  wireExpiry,
} from '../lib/http/licenseBody.ts'
import { parseJsonRequest, verifySchema } from '../lib/http/request.ts'
import { json } from '../lib/http/response.ts'
import { endpoint } from '../lib/lambda/endpoint.ts'
import { entry } from '../lib/lambda/entry.ts'
import { callerNetwork, createRateLimiter } from '../lib/lambda/rateLimit.ts'
import type { VerifyRuntime } from '../lib/lambda/runtime.ts'
import { createSigner, UNSIGNED } from '../lib/lambda/signer.ts'
import { createVerifyRuntime } from '../lib/lambda/verifyRuntime.ts'
import { isUnknownKey, toDeviceKey, verifyLicense } from '../lib/license/index.ts'

const BODY = { required: ['license'], missing: 'No license provided' }

export function createHandler(runtime: VerifyRuntime) {
  const { catalog, clock, metrics } = runtime
  const rateLimited = createRateLimiter(runtime)
  const prepareToSign = createSigner(runtime)
  const options = {
    secrets: ['pepper'],
    cors: true,
    refusal: { valid: false },
  } as const
  return endpoint(runtime, options, async (event, { pepper }) => {
    const { license: text, deviceId, nonce } = parseJsonRequest(event, verifySchema, BODY)
    const keys = { pepper, prefix: catalog.prefix }
    const now = clock()
    const sign = nonce === undefined ? UNSIGNED : await prepareToSign({ nonce, deviceId, now })
    const limiter = rateLimited({ key: callerNetwork(event) }, { pepper })
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
