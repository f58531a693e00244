import { type Keys, type LicenseKey, licenseId, makeKey } from './key.ts'
import type { Entitlement, KeyOrigin, License } from './license.ts'

/** A license that is new, with the key of its origin. `now` is in milliseconds since the epoch. */
export function makeLicense(
  origin: KeyOrigin,
  { billing, risk, ...terms }: Entitlement,
  keys: Keys,
  now: number,
): { readonly license: License; readonly key: LicenseKey } {
  const key = makeKey(origin, keys)
  const id = licenseId(key, keys.pepper)
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
