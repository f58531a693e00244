import {
  evaluate,
  type InvalidState,
  isValidState,
  type LicenseState,
  type ValidState,
} from './evaluate.ts'
import type { License } from './license.ts'

/** The reason why a key is not valid. `MALFORMED` is `NOT_FOUND` on the wire, with a text of its own. */
export type RefusalCode =
  | 'MALFORMED'
  | 'NOT_FOUND'
  | 'EXPIRED'
  | 'SUSPENDED'
  | 'REVOKED'
  | 'PENDING'
  | 'DEVICE_REQUIRED'
  | 'DEVICE_NOT_ACTIVATED'

export interface ValidVerdict {
  readonly valid: true
  readonly license: License
  readonly state: ValidState
  /** Milliseconds since the epoch; null for a lifetime license. */
  readonly expiresAt: number | null
  /** The end of the overlap of a replaced key, in milliseconds since the epoch. */
  readonly keyUntil?: number
}

export interface InvalidVerdict {
  readonly valid: false
  readonly code: RefusalCode
  /** Present if the key belongs to a license. */
  readonly license?: License
  readonly state?: LicenseState
}

export type Verdict = ValidVerdict | InvalidVerdict

const REFUSALS = {
  pending: 'PENDING',
  suspended: 'SUSPENDED',
  expired: 'EXPIRED',
  revoked: 'REVOKED',
} as const satisfies Record<InvalidState, RefusalCode>

/** Returns the verdict on a license, without regard to key and device, at `now` in milliseconds since the epoch. */
export function judge(license: License, now: number): Verdict {
  const { state, expiresAt } = evaluate(license.facts, now)
  if (isValidState(state)) return { valid: true, license, state, expiresAt }
  return { valid: false, code: REFUSALS[state], license, state }
}

/** Returns the verdict on a valid license that cannot be used where it was presented. */
export const refuse = ({ license, state }: ValidVerdict, code: RefusalCode): InvalidVerdict => ({
  valid: false,
  code,
  license,
  state,
})

/** Returns true for a key that was never issued. Expired and revoked keys were sold, and do not count toward the rate limit. */
export const isUnknownKey = (verdict: Verdict) => !verdict.valid && verdict.code === 'NOT_FOUND'
