import { auditIssue, type Cause } from './audit.ts'
import { createLicense } from './createLicense.ts'
import { deriveKey, type Keys, type LicenseKey, parseKey, sameKey } from './key.ts'
import type { KeyOrigin, License } from './license.ts'
import { err, ok, type Result } from './result.ts'
import type { LicenseStore } from './store.ts'

/** A license whose key somebody made before us, with the same formula and one of our master keys. */
export interface ImportRequest extends Cause {
  /** As it was sold. */
  readonly key: string
  readonly userId: string
  readonly userEmail: string | null
  readonly tier: string
  readonly seats: number
  /** Milliseconds since the epoch; null for ever. */
  readonly expiresAt: number | null
}

/**
 * Puts a license on record whose key was sold already; importing it again changes nothing. Refuses with `MISMATCH` a
 * key that no master key of the ring makes for its user and tier, and with `CONFLICT` one that is on record for somebody else.
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
    // Whoever bought it has the key.
    license: { issued: license, audit: auditIssue(imported, license), notices: [] },
    now,
  })
  if (outcome.status === 'written') return ok({ license, key, repeated: false })
  const found = await store.find(license.id)
  // A key that was replaced since is not to be shown as if it were good.
  return found?.keyId === license.id && found.origin.subject === imported.userId
    ? ok({ license: found, key, repeated: true })
    : err('CONFLICT')
}

/** What a key says that it was made of, if one of the master keys makes this very key of it. */
function findOrigin(key: LicenseKey, subject: string, keys: Keys): KeyOrigin | undefined {
  // The form of a key: prefix, tier, signature, second.
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
