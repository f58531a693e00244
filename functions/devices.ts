/**
 * POST /api/activate, /api/deactivate and /api/devices: which devices a license is used on. For anybody: the key is the
 * credential. Asking again for the same device changes nothing and takes no seat.
 */

import { featuresOf, refusalResponse, wireExpiry } from '../lib/http/licenseBody.ts'
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
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createSigner, type Sign, UNSIGNED } from '../lib/lambda/signer.ts'
import {
  type Activation,
  activateDevice,
  type Device,
  listDevices,
  releaseDevice,
} from '../lib/license/index.ts'

const BODY = { required: ['license'], missing: 'No license provided' }

/** A device as its owner may know it; what it called itself is not told. */
const deviceView = ({ name, hint, activatedAt }: Device) => ({ name, hint, activatedAt })

export function createHandler(runtime: Runtime) {
  const { catalog, clock, store } = runtime
  const prepareToSign = createSigner(runtime)
  const options = { secrets: ['masterKeys', 'pepper'], cors: true } as const
  return endpoint(runtime, options, async (event, { masterKeys: ring, pepper }) => {
    const context = { store, keys: { ring, pepper, prefix: catalog.prefix }, now: clock() }
    const { requestId } = event.requestContext
    switch (event.requestContext.http.path) {
      case '/api/activate': {
        const { license, deviceId, nonce, name } = parseJsonRequest(event, activateSchema, BODY)
        const sign = await prepareToSign({ nonce, deviceId, now: context.now })
        const request = { deviceId, name: name ?? null, requestId }
        const swaps = catalog.deviceSwaps
        return activationOf(await activateDevice(context, license, request, swaps), sign)
      }
      case '/api/deactivate': {
        const { license, deviceId, nonce } = parseJsonRequest(event, deactivateSchema, BODY)
        const { now } = context
        const sign = nonce === undefined ? UNSIGNED : await prepareToSign({ nonce, deviceId, now })
        const { status, verdict } = await releaseDevice(context, license, deviceId, requestId)
        const signed = await sign(verdict)
        return status === 'refused'
          ? refusalResponse(verdict.code, catalog, { deactivated: false }, signed)
          : json(200, { deactivated: true, ...signed })
      }
      default: {
        const { license } = parseJsonRequest(event, devicesSchema, BODY)
        const found = await listDevices(context, license)
        return 'code' in found
          ? refusalResponse(found.code, catalog, {})
          : json(200, { seats: found.license.seats, devices: found.devices.map(deviceView) })
      }
    }
  })

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
      features: featuresOf(license.tier, catalog),
      state,
      seats: license.seats,
      device: deviceView(device),
      ...(await sign(verdict)),
    })
  }
}

export const handler = await entry(createHandler)
