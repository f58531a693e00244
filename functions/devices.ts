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
import { activateDevice, type Device, listDevices, releaseDevice } from '../lib/license/index.ts'

const BODY = { required: ['license'], missing: 'No license provided' }

/** A device as its owner may know it; what it called itself is not told. */
const deviceView = ({ name, hint, activatedAt }: Device) => ({ name, hint, activatedAt })

export function createHandler(runtime: Runtime) {
  const { catalog, clock, store } = runtime
  const options = { secrets: ['masterKeys', 'pepper'], cors: true } as const
  return endpoint(runtime, options, async (event, { masterKeys: ring, pepper }) => {
    const context = { store, keys: { ring, pepper, prefix: catalog.prefix }, now: clock() }
    const { requestId } = event.requestContext
    switch (event.requestContext.http.path) {
      case '/api/activate': {
        const { license, deviceId, name = null } = parseJsonRequest(event, activateSchema, BODY)
        const request = { deviceId, name, requestId }
        return activationOf(await activateDevice(context, license, request, catalog.deviceSwaps))
      }
      case '/api/deactivate': {
        const { license, deviceId } = parseJsonRequest(event, deactivateSchema, BODY)
        const released = await releaseDevice(context, license, deviceId, requestId)
        return released.status === 'refused'
          ? refusalResponse(released.code, catalog, { deactivated: false })
          : json(200, { deactivated: true })
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

  function activationOf(activation: Awaited<ReturnType<typeof activateDevice>>): Response {
    if (activation.status === 'refused') {
      return refusalResponse(activation.code, catalog, { activated: false })
    }
    if (activation.status === 'full') {
      const { why, license, devices } = activation
      const error = why === 'swaps' ? { error: 'Devices were changed too often' } : {}
      return problemResponse(new Problem('DEVICE_LIMIT_REACHED', error), {
        activated: false,
        seats: license.seats,
        devices: devices.map(deviceView),
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
    })
  }
}

export const handler = await entry(createHandler)
