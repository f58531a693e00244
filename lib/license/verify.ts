import { findLicenseId, type KeyLookup } from './key.ts'
import type { Device, DeviceKey, License } from './license.ts'
import type { LicenseStore } from './store.ts'
import { type InvalidVerdict, judge, refuse, type Verdict } from './verdict.ts'

export interface VerifyContext {
  readonly store: Pick<LicenseStore, 'find' | 'lookup'>
  readonly keys: KeyLookup
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The device that a request names, and the rule for requests without one. */
export interface DeviceClaim {
  readonly device: DeviceKey | undefined
  /** Returns true for a tier whose licenses are valid on activated devices only. */
  readonly isRequired: (tier: string) => boolean
}

/**
 * Verifies a key. A key is valid only if its license is on record under the id that the pepper derives from the whole
 * text of the key: its signature alone is never trusted, and forged and unknown keys are indistinguishable. No master
 * key is needed. A replaced key is valid until the end of its overlap. A device that is named must have been
 * activated, whether or not the tier requires one.
 *
 * Makes one call to the store, and none for a text that is not a key.
 *
 * @throws StoreUnavailable
 */
export async function verifyLicense(
  context: VerifyContext,
  text: string,
  { device: claimed, isRequired }: DeviceClaim = { device: undefined, isRequired: () => false },
): Promise<Verdict> {
  const { verdict, device } = await findByKey(context, text, claimed)
  if (!verdict.valid) return verdict
  if (claimed !== undefined) {
    return device?.releasedAt === null ? verdict : refuse(verdict, 'DEVICE_NOT_ACTIVATED')
  }
  return isRequired(verdict.license.tier) ? refuse(verdict, 'DEVICE_REQUIRED') : verdict
}

/** The result of a lookup. It has a license only for the current key or an earlier one within its overlap. */
type FoundKey =
  | { readonly verdict: InvalidVerdict; readonly license?: never; readonly device?: never }
  | { readonly verdict: Verdict; readonly license: License; readonly device?: Device }

/** Finds the license of a key and, if given, one of its devices with one call to the store. */
export async function findByKey(
  { store, keys, now }: VerifyContext,
  text: string,
  device?: DeviceKey,
): Promise<FoundKey> {
  const id = findLicenseId(text, keys)
  if (!id) return { verdict: { valid: false, code: 'MALFORMED' } }
  const unknown: FoundKey = { verdict: { valid: false, code: 'NOT_FOUND' } }
  const found =
    device === undefined ? { license: await store.find(id) } : await store.lookup(id, device)
  const { license } = found
  if (!license) return unknown
  const judged: FoundKey = { ...found, license, verdict: judge(license, now) }
  if (id === license.keyId) return judged
  const earlier = license.earlierKeys.find(({ keyId }) => keyId === id)
  if (!earlier) return unknown
  if (now > earlier.until) return { verdict: { valid: false, code: 'REVOKED' } }
  const { verdict } = judged
  return { ...judged, verdict: verdict.valid ? { ...verdict, keyUntil: earlier.until } : verdict }
}
