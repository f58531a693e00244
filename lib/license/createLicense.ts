import { deriveKey, type Keys, type LicenseKey, toLicenseId } from './key.ts'
import type { Entitlement, KeyOrigin, License } from './license.ts'

/** A license that is new, with the key of its origin. `now` is in milliseconds since the epoch. */
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
