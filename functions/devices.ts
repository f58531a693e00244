/**
 * POST /api/activate, /api/deactivate and /api/devices: which devices a license is used on. For anybody: the key is the
 * credential. Asking again for the same device changes nothing and takes no seat.
 */

import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { refusalResponse, resolveFeatures, wireExpiry } from '../lib/http/licenseBody.ts'
import { Problem } from '../lib/http/problem.ts'
import {
  activateSchema,
  deactivateSchema,
  devicesSchema,
  parseJsonRequest,
} from '../lib/http/request.ts'
import { json, problemResponse, type Response } from '../lib/http/response.ts'
import { endpoint } from '../lib/lambda/endpoint.ts'
import { entry } from '../lib/lambda/entry.ts'
import { callerNetwork, createRateLimiter, type RateLimiter } from '../lib/lambda/rateLimit.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { createSigner, type Sign, UNSIGNED } from '../lib/lambda/signer.ts'
import {
  type Activation,
  activateDevice,
  type Device,
  isUnknownKey,
  type KeyLookup,
  listDevices,
  parseKey,
  releaseDevice,
  toLicenseId,
  type Verdict,
} from '../lib/license/index.ts'

const BODY = { required: ['license'], missing: 'No license provided' }

interface Asked {
  readonly event: APIGatewayProxyEventV2
  readonly keys: KeyLookup
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A device as its owner may know it; what it called itself is not told. */
const deviceView = ({ name, hint, activatedAt }: Device) => ({ name, hint, activatedAt })

export function createHandler(runtime: Runtime) {
  const { catalog, clock } = runtime
  const rateLimited = createRateLimiter(runtime)
  const prepareToSign = createSigner(runtime)
  const options = { secrets: ['pepper'], cors: true } as const
  return endpoint(runtime, options, async (event, { pepper }) => {
    const asked = { event, keys: { pepper, prefix: catalog.prefix }, now: clock() }
    switch (event.requestContext.http.path) {
      case '/api/activate':
        return activate(asked)
      case '/api/deactivate':
        return deactivate(asked)
      default:
        return list(asked)
    }
  })

  async function activate({ event, keys, now }: Asked): Promise<Response> {
    const { license, deviceId, nonce, name = null } = parseJsonRequest(event, activateSchema, BODY)
    const sign = await prepareToSign({ nonce, deviceId, now })
    const key = parseKey(license, keys.prefix)
    const limiter = rateLimited(
      { key: callerNetwork(event), ...(key && { seat: toLicenseId(key, keys.pepper) }) },
      keys,
    )
    const { requestId } = event.requestContext
    const activation = await activateDevice(
      { store: limiter.store, keys, now },
      license,
      { deviceId, name, requestId },
      catalog.deviceSwaps,
    )
    if (activation.status === 'full') await limiter.countFailure('seat')
    await countGuess(limiter, activation.verdict)
    return activationOf(activation, sign)
  }

  async function deactivate({ event, keys, now }: Asked): Promise<Response> {
    const { license, deviceId, nonce } = parseJsonRequest(event, deactivateSchema, BODY)
    const sign = nonce === undefined ? UNSIGNED : await prepareToSign({ nonce, deviceId, now })
    const limiter = rateLimited({ key: callerNetwork(event) }, keys)
    const { status, verdict } = await releaseDevice(
      { store: limiter.store, keys, now },
      license,
      deviceId,
      event.requestContext.requestId,
    )
    await countGuess(limiter, verdict)
    const signed = await sign(verdict)
    return status === 'refused'
      ? refusalResponse(verdict.code, catalog, { deactivated: false }, signed)
      : json(200, { deactivated: true, ...signed })
  }

  async function list({ event, keys, now }: Asked): Promise<Response> {
    const { license } = parseJsonRequest(event, devicesSchema, BODY)
    const limiter = rateLimited({ key: callerNetwork(event) }, keys)
    const found = await listDevices({ store: limiter.store, keys, now }, license)
    if (found.status === 'refused') {
      await countGuess(limiter, found.verdict)
      return refusalResponse(found.verdict.code, catalog, {})
    }
    return json(200, { seats: found.license.seats, devices: found.devices.map(deviceView) })
  }

  async function activationOf(activation: Activation, sign: Sign): Promise<Response> {
    if (activation.status === 'refused') {
      const { verdict } = activation
      return refusalResponse(verdict.code, catalog, { activated: false }, await sign(verdict))
    }
    if (activation.status === 'full') {
      const { why, verdict, devices } = activation
      const { license, state } = verdict
      const code = 'DEVICE_LIMIT_REACHED'
      const error = why === 'swaps' ? { error: 'Devices were changed too often' } : {}
      return problemResponse(new Problem(code, error), {
        activated: false,
        seats: license.seats,
        devices: devices.map(deviceView),
        ...(await sign({ valid: false, code, license, state })),
      })
    }
    const { verdict, device } = activation
    const { license, state, expiresAt } = verdict
    return json(200, {
      activated: true,
      tier: license.tier,
      expiresAt: wireExpiry(license, expiresAt),
      userId: license.userId,
      features: resolveFeatures(license.tier, catalog),
      state,
      seats: license.seats,
      device: deviceView(device),
      ...(await sign(verdict)),
    })
  }
}

async function countGuess(limiter: RateLimiter, verdict: Verdict) {
  if (isUnknownKey(verdict)) await limiter.countFailure('key')
}

export const handler = await entry(createRuntime, createHandler)
