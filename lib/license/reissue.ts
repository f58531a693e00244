import { auditOfChange, type Cause } from './audit.ts'
import { type Keys, type LicenseId, type LicenseKey, licenseId, makeKey } from './key.ts'
import type { License, LicenseChange } from './license.ts'
import { applyChange, CHANGED, type Managing, type Refusal, UNKNOWN } from './manage.ts'
import { err, ok, type Result } from './result.ts'

/** New keys of one license within one second are a mistake. */
const MAX_AT_ONCE = 300

export interface Reissued {
  readonly license: License
  readonly key: LicenseKey
}

/**
 * Gives a license another key, for one that leaked. All else about it stays: its id, its devices, its purchase. The
 * old key goes on being good for `overlap` milliseconds, and so does any older one that was still given time.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function reissueKey(
  { store, keys, now }: Managing & { readonly keys: Keys },
  id: LicenseId,
  overlap: number,
  cause: Cause,
  expected?: number,
): Promise<Result<Reissued, Refusal>> {
  const license = await store.find(id)
  if (!license) return err(UNKNOWN)
  if (expected !== undefined && expected !== license.version) return err(CHANGED)

  const first = Math.floor(now / 1000)
  for (let issuedAt = first; issuedAt < first + MAX_AT_ONCE; issuedAt++) {
    const subject = license.userId ?? license.origin.subject
    const origin = { subject, tier: license.tier, issuedAt, keyVersion: keys.ring.current }
    const key = makeKey(origin, keys)
    const to = {
      origin,
      keyId: licenseId(key, keys.pepper),
      earlierKeys: [...license.earlierKeys, { origin: license.origin, until: now + overlap }],
    } satisfies LicenseChange
    const outcome = await store.commit({
      claims: [],
      license: {
        changed: license.id,
        expected: license.version,
        to,
        alias: to.keyId,
        audit: auditOfChange(
          cause,
          license.id,
          { keyId: license.keyId },
          { keyId: to.keyId },
          now,
          'reissued',
        ),
        notices: [{ kind: 'issued', period: to.keyId, at: now }],
      },
      now,
    })
    if (outcome.status === 'written') return ok({ license: applyChange(license, to), key })
    if (outcome.status !== 'taken') return err(CHANGED)
  }
  return err({ code: 'CONFLICT', why: 'No second is free for another key: try again in a while' })
}
