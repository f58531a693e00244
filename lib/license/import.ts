import { auditIssue, type Cause } from './audit.ts'
import { createLicense } from './createLicense.ts'
import { deriveKey, type Keys, parseKey, sameKey } from './key.ts'
import type { KeyOrigin, License, LicenseKey } from './license.ts'
import { err, ok, type Result } from './result.ts'
import type { LicenseStore } from './store.ts'

/** A license whose key was derived by another system with the same formula and a master key of the ring. */
export interface ImportRequest extends Cause {
  /** The key as it was sold. */
  readonly key: string
  readonly userId: string
  readonly userEmail: string | null
  readonly tier: string
  readonly seats: number
  /** Milliseconds since the epoch; null for a lifetime license. */
  readonly expiresAt: number | null
}

/**
 * Creates the record of a license whose key was sold before. Idempotent. Returns `MISMATCH` for a key that no master
 * key of the ring derives for its user and tier, and `CONFLICT` for a key on record for another user.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function importLicense(
  { store, keys, now }: { store: Pick<LicenseStore, 'commit' | 'find'>; keys: Keys; now: number },
  imported: ImportRequest,
): Promise<
  Result<
    { readonly license: License; readonly key: LicenseKey; readonly repeated: boolean },
    'MISMATCH' | 'CONFLICT'
  >
> {
  const key = parseKey(imported.key, keys.prefix)
  const origin = key && findOrigin(key, imported.userId, keys)
  if (!key || origin?.tier !== imported.tier) return err('MISMATCH')
  const { license } = createLicense(
    origin,
    {
      userId: imported.userId,
      userEmail: imported.userEmail,
      tier: origin.tier,
      seats: imported.seats,
      paymentIntentId: null,
      customerId: null,
      subscriptionId: null,
      billing: { status: 'paid', paidUntil: imported.expiresAt },
      risk: 'clear',
    },
    keys,
    now,
  )
  const outcome = await store.commit({
    claims: [],
    // No email: the customer has the key.
    license: { issued: license, audit: auditIssue(imported, license), notices: [] },
    now,
  })
  if (outcome.status === 'written') return ok({ license, key, repeated: false })
  const found = await store.find(license.id)
  // A key that was replaced since must not be reported as imported.
  return found?.keyId === license.id && found.origin.subject === imported.userId
    ? ok({ license: found, key, repeated: true })
    : err('CONFLICT')
}

/** Returns the origin that a key states, if one of the master keys derives the key from it. */
function findOrigin(key: LicenseKey, subject: string, keys: Keys): KeyOrigin | undefined {
  // A parsed key has four parts: prefix, tier, signature and second.
  const [, tier, , issuedAt] = key.split('-') as [string, string, string, string]
  return [...keys.ring.keys.keys()]
    .map((keyVersion) => ({
      subject,
      tier: tier.toLowerCase(),
      issuedAt: Number(issuedAt),
      keyVersion,
    }))
    .find((origin) => sameKey(key, deriveKey(origin, keys)))
}
