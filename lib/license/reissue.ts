import { auditChange, type Cause } from './audit.ts'
import { deriveKey, type Keys, toLicenseId, withFreeSecond } from './key.ts'
import type { EarlierKey, License, LicenseChange, LicenseId, LicenseKey } from './license.ts'
import { applyChange, CONFLICT, type ManageContext, NOT_FOUND, type Refusal } from './manage.ts'
import { err, ok, type Result } from './result.ts'

/** Older keys are forgotten and become unknown. */
const MAX_EARLIER_KEYS = 50

export interface Reissued {
  readonly license: License
  readonly key: LicenseKey
}

/**
 * Gives a license another key, for one that leaked. Its id, devices and purchase stay. The previous key stays valid
 * for `overlap` milliseconds, and no earlier key any longer than that.
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
  ].slice(-MAX_EARLIER_KEYS)
  const known = new Set([license.id, ...earlierKeys.map(({ keyId }) => keyId)])
  const at = Math.max(now, license.changedAt + 1)
  const reissued = await withFreeSecond<Result<Reissued, Refusal>>(now, async (issuedAt) => {
    const subject = license.userId ?? license.origin.subject
    const origin = { subject, tier: license.tier, issuedAt, keyVersion: keys.ring.current }
    const key = deriveKey(origin, keys)
    const keyId = toLicenseId(key, keys.pepper)
    if (known.has(keyId)) return
    const to = { origin, keyId, earlierKeys } satisfies LicenseChange
    const outcome = await store.commit({
      claims: [],
      license: {
        changed: license.id,
        expected: license.version,
        to,
        alias: keyId,
        audit: auditChange(cause, license.id, { keyId: license.keyId }, { keyId }, at, 'reissued'),
        notices: [{ kind: 'reissued', period: keyId, at: now }],
      },
      now,
    })
    if (outcome.status === 'taken') return
    return outcome.status === 'written'
      ? ok({ license: applyChange(license, to, at), key })
      : err(CONFLICT)
  })
  return (
    reissued ??
    err({ code: 'CONFLICT', why: 'No unused issue time is available; retry in a few minutes' })
  )
}
