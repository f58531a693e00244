import { type BadState, evaluate, type GoodState, isGood } from './evaluate.ts'
import { type Keys, licenseId, makeKey, parseKey, remakeKey, sameKey } from './key.ts'
import type { License } from './license.ts'
import type { LicenseStore } from './store.ts'

/** Why a key is not good. `MALFORMED` is said to the outside as `NOT_FOUND`, with its own text. */
export type RefusalCode =
  | 'MALFORMED'
  | 'NOT_FOUND'
  | 'EXPIRED'
  | 'SUSPENDED'
  | 'REVOKED'
  | 'PENDING'

export type Verdict =
  | {
      readonly valid: true
      readonly license: License
      readonly state: GoodState
      readonly expiresAt: number | null
    }
  | { readonly valid: false; readonly code: RefusalCode }

/**
 * Says whether a key is good at `now` (milliseconds since the epoch). One read at most, and none for a text that
 * is no key. A key is good only if its license exists and makes this very key again: the signature in it is never
 * trusted alone, and nobody can tell forged from unknown. A key that was replaced is good as long as it was given.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function verifyLicense(
  { store, keys, now }: { store: Pick<LicenseStore, 'find'>; keys: Keys; now: number },
  text: string,
): Promise<Verdict> {
  const key = parseKey(text, keys.prefix)
  if (!key) return { valid: false, code: 'MALFORMED' }
  const license = await store.find(licenseId(key, keys.pepper))
  if (!license) return { valid: false, code: 'NOT_FOUND' }
  if (sameKey(key, remakeKey(license, keys))) return judge(license, now)
  const earlier = license.earlierKeys.find(({ origin }) => sameKey(key, makeKey(origin, keys)))
  if (!earlier) return { valid: false, code: 'NOT_FOUND' }
  return now <= earlier.until ? judge(license, now) : { valid: false, code: 'REVOKED' }
}

/** What a license is at `now`, in milliseconds since the epoch. */
export function judge(license: License, now: number): Verdict {
  const { state, expiresAt } = evaluate(license.facts, now)
  if (isGood(state)) return { valid: true, license, state, expiresAt }
  return { valid: false, code: REFUSALS[state] }
}

const REFUSALS = {
  pending: 'PENDING',
  suspended: 'SUSPENDED',
  expired: 'EXPIRED',
  revoked: 'REVOKED',
} as const satisfies Record<BadState, RefusalCode>
