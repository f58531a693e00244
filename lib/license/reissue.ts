import { auditChange, type Cause } from './audit.ts'
import { deriveKey, type Keys, type LicenseId, type LicenseKey, toLicenseId } from './key.ts'
import type { EarlierKey, License, LicenseChange } from './license.ts'
import { applyChange, CONFLICT, type ManageContext, NOT_FOUND, type Refusal } from './manage.ts'
import { err, ok, type Result } from './result.ts'

/** Older ones are forgotten, and answered as unknown. */
const MAX_EARLIER = 50

/** New keys of one license within one second are a mistake. */
const MAX_AT_ONCE = 300

export interface Reissued {
  readonly license: License
  readonly key: LicenseKey
}

/**
 * Gives a license another key, for one that leaked. All else about it stays: its id, its devices, its purchase. The
 * old key goes on being good for `overlap` milliseconds, and no older one any longer than that.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function reissueKey(
  { store, keys, now }: ManageContext & { readonly keys: Keys },
  id: LicenseId,
  overlap: number,
  cause: Cause,
  expected?: number,
): Promise<Result<Reissued, Refusal>> {
  const license = await store.find(id)
  if (!license) return err(NOT_FOUND)
  if (expected !== undefined && expected !== license.version) return err(CONFLICT)

  const until = now + overlap
  const earlierKeys: readonly EarlierKey[] = [
    ...license.earlierKeys.map((earlier) => ({
      ...earlier,
      until: Math.min(earlier.until, until),
    })),
    { keyId: license.keyId, origin: license.origin, until },
  ].slice(-MAX_EARLIER)
  const known = new Set([license.id, ...earlierKeys.map(({ keyId }) => keyId)])
  const at = Math.max(now, license.changedAt + 1)
  const first = Math.floor(now / 1000)
  for (let issuedAt = first; issuedAt < first + MAX_AT_ONCE; issuedAt++) {
    const subject = license.userId ?? license.origin.subject
    const origin = { subject, tier: license.tier, issuedAt, keyVersion: keys.ring.current }
    const key = deriveKey(origin, keys)
    const keyId = toLicenseId(key, keys.pepper)
    if (known.has(keyId)) continue
    const to = { origin, keyId, earlierKeys } satisfies LicenseChange
    const outcome = await store.commit({
      claims: [],
      license: {
        changed: license.id,
        expected: license.version,
        to,
        alias: to.keyId,
        audit: auditChange(
          cause,
          license.id,
          { keyId: license.keyId },
          { keyId: to.keyId },
          at,
          'reissued',
        ),
        notices: [{ kind: 'reissued', period: to.keyId, at: now }],
      },
      now,
    })
    if (outcome.status === 'written') return ok({ license: applyChange(license, to, at), key })
    if (outcome.status !== 'taken') return err(CONFLICT)
  }
  return err({ code: 'CONFLICT', why: 'No second is free for another key: try again in a while' })
}
