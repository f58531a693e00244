import { createHmac, type KeyObject } from 'node:crypto'
import type { Cause } from './audit.ts'
import type { AuditAction, AuditEntry, Device, DeviceKey, License, LicenseId } from './license.ts'
import { type LicenseStore, StoreUnavailable } from './store.ts'
import { DAY_MS } from './time.ts'
import { type InvalidVerdict, refuse, type ValidVerdict } from './verdict.ts'
import { findByKey, type VerifyContext } from './verify.ts'

/** The period in which device replacements are counted. */
const SWAP_DAYS = 30

const MAX_ATTEMPTS = 10

const HINT_LENGTH = 4
/** The shortest id with a hint. A hint would reveal too much of a shorter one. */
const MIN_HINTED_LENGTH = 12

/** Returns the id under which a device is stored. The id that it sends cannot be recovered from it. */
export const toDeviceKey = (deviceId: string, pepper: KeyObject) =>
  createHmac('sha256', pepper).update(`device:${deviceId}`).digest('base64url') as DeviceKey

const toHint = (deviceId: string) =>
  deviceId.length < MIN_HINTED_LENGTH ? '' : deviceId.slice(-HINT_LENGTH)

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
  /** All seats are taken, or devices were replaced too often. `devices` are the active ones. */
  | {
      readonly status: 'full'
      readonly why: 'seats' | 'swaps'
      readonly verdict: ValidVerdict
      readonly devices: readonly Device[]
    }

/**
 * Activates a device: gives it a seat of the key's license, unless it has one. Seats are counted in the transaction
 * that takes one, so concurrent requests never get more seats than there are.
 *
 * @param swaps the number of devices that may replace released ones within 30 days
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
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
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
  throw new StoreUnavailable(new Error(`Gave up after ${MAX_ATTEMPTS} concurrent device updates`))
}

/** Lists the active devices in the order of their activation. */
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
  /** `verdict` is that of the key on this device after the release. */
  | { readonly status: 'released' | 'unknown'; readonly verdict: InvalidVerdict }
  | { readonly status: 'refused'; readonly verdict: InvalidVerdict }

/**
 * Releases the seat of a device. The license need not be valid. A device without a seat is left unchanged.
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

/**
 * Lists the active devices of the key's license.
 *
 * @throws StoreUnavailable
 */
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
