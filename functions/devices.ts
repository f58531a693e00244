/**
 * POST /api/activate, /api/deactivate and /api/devices: the devices of a license. For the customer's app; the key is the
 * credential. Activating a device again changes nothing and takes no second seat.
 */

import middy from '@middy/core'
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
import { cors } from '../lib/lambda/cors.ts'
import { entry } from '../lib/lambda/entry.ts'
import { errorHandler } from '../lib/lambda/errorHandler.ts'
import { callerNetwork, createRateLimiter, type RateLimiter } from '../lib/lambda/rateLimit.ts'
import { type RouteHandler, router } from '../lib/lambda/router.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { secretsManager, type WithSecrets } from '../lib/lambda/secrets.ts'
import { createSigner, type Sign, UNSIGNED } from '../lib/lambda/signer.ts'
import {
  activateDevice,
  type Device,
  findLicenseId,
  isUnknownKey,
  listDevices,
  releaseDevice,
  type Verdict,
} from '../lib/license/index.ts'

const BODY = { required: ['license'], missing: 'No license provided' }

type Handle = RouteHandler<WithSecrets<'pepper'>>

/** The fields of a device that its owner sees. */
const deviceView = ({ name, hint, activatedAt }: Device) => ({ name, hint, activatedAt })

export function createHandler(runtime: Runtime) {
  const { catalog, clock } = runtime
  const { prefix } = catalog
  const rateLimited = createRateLimiter(runtime)
  const prepareToSign = createSigner(runtime)

  const activate: Handle = async (event, { secrets: { pepper } }) => {
    const { license, deviceId, nonce, name = null } = parseJsonRequest(event, activateSchema, BODY)
    const now = clock()
    const sign = await prepareToSign({ nonce, deviceId, now })
    const seat = findLicenseId(license, { pepper, prefix })
    const limiter = rateLimited({ key: callerNetwork(event), ...(seat && { seat }) }, { pepper })
    const activation = await activateDevice(
      { store: limiter.store, keys: { pepper, prefix }, now },
      license,
      { deviceId, name, requestId: event.requestContext.requestId },
      catalog.deviceSwaps,
    )
    if (activation.status === 'full') await limiter.countFailure('seat')
    await countUnknownKey(limiter, activation.verdict)
    return toResponse(activation, sign)
  }

  const deactivate: Handle = async (event, { secrets: { pepper } }) => {
    const { license, deviceId, nonce } = parseJsonRequest(event, deactivateSchema, BODY)
    const now = clock()
    const sign = nonce === undefined ? UNSIGNED : await prepareToSign({ nonce, deviceId, now })
    const limiter = rateLimited({ key: callerNetwork(event) }, { pepper })
    const { status, verdict } = await releaseDevice(
      { store: limiter.store, keys: { pepper, prefix }, now },
      license,
      deviceId,
      event.requestContext.requestId,
    )
    await countUnknownKey(limiter, verdict)
    const signed = await sign(verdict)
    return status === 'refused'
      ? refusalResponse(verdict.code, catalog, { deactivated: false }, signed)
      : json(200, { deactivated: true, ...signed })
  }

  const list: Handle = async (event, { secrets: { pepper } }) => {
    const { license } = parseJsonRequest(event, devicesSchema, BODY)
    const limiter = rateLimited({ key: callerNetwork(event) }, { pepper })
    const context = { store: limiter.store, keys: { pepper, prefix }, now: clock() }
    const listed = await listDevices(context, license)
    if (listed.status === 'refused') {
      await countUnknownKey(limiter, listed.verdict)
      return refusalResponse(listed.verdict.code, catalog, {})
    }
    return json(200, { seats: listed.license.seats, devices: listed.devices.map(deviceView) })
  }

  async function toResponse(
    activation: Awaited<ReturnType<typeof activateDevice>>,
    sign: Sign,
  ): Promise<Response> {
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

  return middy<APIGatewayProxyEventV2, Response>()
    .use(cors(runtime.corsOrigins))
    .use(errorHandler(runtime))
    .use(secretsManager(runtime, ['pepper']))
    .handler(
      router({
        'POST /api/activate': activate,
        'POST /api/deactivate': deactivate,
        'POST /api/devices': list,
      }),
    )
}

async function countUnknownKey(limiter: RateLimiter, verdict: Verdict) {
  if (isUnknownKey(verdict)) await limiter.countFailure('key')
}

export const handler = await entry(createRuntime, createHandler)
