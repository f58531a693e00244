import { deriveKey, type Keys, toLicenseId } from './key.ts'
import type { Entitlement, KeyOrigin, License, LicenseKey } from './license.ts'

/** Creates a license with the key of its origin. `now` is in milliseconds since the epoch. */
export function createLicense(
  origin: KeyOrigin,
  { billing, risk, ...terms }: Entitlement,
  keys: Keys,
  now: number,
): { readonly license: License; readonly key: LicenseKey } {
  const key = deriveKey(origin, keys)
  const id = toLicenseId(key, keys.pepper)
  return {
    key,
    license: {
      id,
      keyId: id,
      origin,
      earlierKeys: [],
      ...terms,
      devices: 0,
      releases: [],
      facts: { admin: 'clear', billing, risk },
      version: 1,
      createdAt: now,
      changedAt: now,
    },
  }
}
