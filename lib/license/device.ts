import { createHmac, type KeyObject } from 'node:crypto'
import type { Cause } from './audit.ts'
import type { LicenseId } from './key.ts'
import type { AuditAction, AuditEntry, License } from './license.ts'
import { type LicenseStore, StoreUnavailable } from './store.ts'
import { DAY_MS } from './time.ts'
import {
  findByKey,
  type InvalidVerdict,
  refuse,
  type ValidVerdict,
  type VerifyContext,
} from './verify.ts'

declare const brand: unique symbol

/** Names a device. Derived from the id that it gave itself, and tells nothing about it. */
export type DeviceKey = string & { readonly [brand]: 'DeviceKey' }

/** A device that was activated. All moments are milliseconds since the epoch. */
export interface Device {
  readonly key: DeviceKey
  /** What its owner calls it. */
  readonly name: string | null
  /** The end of the id that it gave itself, so that its owner knows it among others. */
  readonly hint: string
  readonly activatedAt: number
  /** Null while it is active. */
  readonly releasedAt: number | null
}

/** How many devices may take the place of others within the days. */
const SWAP_DAYS = 30

/** How often a seat is asked for again when others were given back in between. */
const MAX_TRIES = 10

const HINT_LENGTH = 4
/** A shorter id would be told as a whole. */
const SHORTEST_HINTED = 12

export const toDeviceKey = (deviceId: string, pepper: KeyObject) =>
  createHmac('sha256', pepper).update(`device:${deviceId}`).digest('base64url') as DeviceKey

const toHint = (deviceId: string) =>
  deviceId.length < SHORTEST_HINTED ? '' : deviceId.slice(-HINT_LENGTH)

export interface DeviceRequest extends Omit<Cause, 'actor' | 'reason'> {
  readonly deviceId: string
  readonly name: string | null
}

export type Activation =
  | {
      readonly status: 'activated' | 'known'
      readonly verdict: ValidVerdict
      readonly device: Device
    }
  | { readonly status: 'refused'; readonly verdict: InvalidVerdict }
  /** Every seat is taken, or devices were changed too often; the active ones are told. */
  | {
      readonly status: 'full'
      readonly why: 'seats' | 'swaps'
      readonly verdict: ValidVerdict
      readonly devices: readonly Device[]
    }

/**
 * Gives a device a seat of the license of a key, unless it has one. Seats are counted in the transaction that takes
 * one, so as many devices as there are seats get one, however many ask at once.
 *
 * @param swaps how many devices may take the place of released ones within thirty days
 * @throws StoreUnavailable
 */
export async function activateDevice(
  context: VerifyContext & { readonly store: Pick<LicenseStore, 'activate' | 'devices'> },
  text: string,
  { deviceId, name, requestId }: DeviceRequest,
  swaps: number,
): Promise<Activation> {
  const { store, keys, now } = context
  const key = toDeviceKey(deviceId, keys.pepper)
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const { verdict, device: known } = await findByKey(context, text, key)
    if (!verdict.valid) return { status: 'refused', verdict }
    if (known?.releasedAt === null) return { status: 'known', verdict, device: known }

    const { id, releases } = verdict.license
    const full = async (why: 'seats' | 'swaps') =>
      ({ status: 'full', why, verdict, devices: await listActive(store, id) }) as const
    const recent = releases.filter((at) => at > now - SWAP_DAYS * DAY_MS)
    if (recent.length > swaps) return full('swaps')

    const device = { key, name, hint: toHint(deviceId), activatedAt: now, releasedAt: null }
    const audit = auditDevice('device_activated', id, device, requestId, now)
    const outcome = await store.activate(id, device, audit, releases.length)
    if (outcome === 'full') return full('seats')
    if (outcome !== 'stale') return { status: outcome, verdict, device }
  }
  throw new StoreUnavailable('Devices of the license are changed all the time')
}

/** The devices that have a seat, in the order in which they got it. */
async function listActive(
  store: Pick<LicenseStore, 'devices'>,
  id: LicenseId,
): Promise<readonly Device[]> {
  const devices = await store.devices(id)
  return devices
    .filter(({ releasedAt }) => releasedAt === null)
    .toSorted((a, b) => a.activatedAt - b.activatedAt)
}

export type Release =
  /** `verdict`: what the key is on this device from now on. */
  | { readonly status: 'released' | 'unknown'; readonly verdict: InvalidVerdict }
  | { readonly status: 'refused'; readonly verdict: InvalidVerdict }

/**
 * Frees the seat of a device, for whoever has the key, also when the license is not good any more. A device that has
 * none stays without one.
 *
 * @throws StoreUnavailable
 */
export async function releaseDevice(
  context: VerifyContext & { readonly store: Pick<LicenseStore, 'release'> },
  text: string,
  deviceId: string,
  requestId: string,
): Promise<Release> {
  const { store, keys, now } = context
  const found = await findByKey(context, text, toDeviceKey(deviceId, keys.pepper))
  if (!found.license) return { status: 'refused', verdict: found.verdict }
  const { license, device } = found
  const verdict = found.verdict.valid
    ? refuse(found.verdict, 'DEVICE_NOT_ACTIVATED')
    : found.verdict
  if (device?.releasedAt !== null) return { status: 'unknown', verdict }
  const audit = auditDevice('device_released', license.id, device, requestId, now)
  return { status: await store.release(license.id, device.key, audit), verdict }
}

/** The devices of the license of a key, for whoever has it. */
export async function listDevices(
  context: VerifyContext & { readonly store: Pick<LicenseStore, 'devices'> },
  text: string,
): Promise<
  | { readonly status: 'refused'; readonly verdict: InvalidVerdict }
  | { readonly status: 'found'; readonly license: License; readonly devices: readonly Device[] }
> {
  const { license, verdict } = await findByKey(context, text)
  if (!license) return { status: 'refused', verdict }
  return { status: 'found', license, devices: await listActive(context.store, license.id) }
}

function auditDevice(
  action: AuditAction,
  licenseId: LicenseId,
  { name, hint }: Device,
  requestId: string,
  now: number,
): AuditEntry {
  return {
    licenseId,
    at: now,
    actor: 'holder',
    action,
    reason: 'device',
    requestId,
    before: {},
    after: { device: name ?? hint },
  }
}
