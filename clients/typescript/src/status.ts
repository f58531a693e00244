import type { Claims } from './token.ts'

/** Good: by an answer of just now, or by a lease while none can be had. */
export interface Valid {
  readonly status: 'valid'
  readonly code: 'VALID'
  readonly source: 'online' | 'lease'
  readonly licenseId: string
  readonly userId: string | null
  readonly tier: string
  readonly features: readonly string[]
  /** `active`, `canceling` or `grace`. */
  readonly state: string
  /** When it ends, in milliseconds since the epoch. */
  readonly expiresAt: number
  /** Until when it is good without asking; null when nothing was kept. Milliseconds since the epoch. */
  readonly offlineUntil: number | null
}

export type InvalidCode =
  | 'NOT_FOUND'
  | 'EXPIRED'
  | 'SUSPENDED'
  | 'REVOKED'
  | 'PENDING'
  | 'DEVICE_REQUIRED'
  | 'DEVICE_NOT_ACTIVATED'
  | 'DEVICE_LIMIT_REACHED'

/** Not good: the service said so and signed it, just now or before it could not be reached, or a signed list did. */
export interface Invalid {
  readonly status: 'invalid'
  readonly code: InvalidCode
  readonly source: 'online' | 'kept' | 'list'
  /** What an expired license may go on using. */
  readonly fallback?: { readonly tier: string; readonly features: readonly string[] }
  /** With `DEVICE_LIMIT_REACHED`: who has the seats. Is not signed, so for showing only. */
  readonly devices?: readonly Device[]
  /** With `DEVICE_LIMIT_REACHED`: whether seats are taken or devices were changed too often. Not signed either. */
  readonly detail?: string
}

/** Nobody can say: keep what was true before. Never a reason to take something from a customer. */
export interface Unknown {
  readonly status: 'unknown'
  readonly code:
    | 'NO_LICENSE'
    | 'UNREACHABLE'
    | 'UNTRUSTED'
    | 'INVALID_REQUEST'
    | 'LEASE_ENDED'
    | 'CLOCK_SET_BACK'
    | 'UNSUPPORTED'
    | 'STORAGE_FAILED'
  /** For whoever looks for the cause. */
  readonly detail?: string
}

export type LicenseStatus = Valid | Invalid | Unknown

export interface Device {
  readonly name: string | null
  readonly hint: string
  readonly activatedAt: number
}

export const unknown = (code: Unknown['code'], detail?: string): Unknown => ({
  status: 'unknown',
  code,
  ...(detail !== undefined && { detail }),
})

/** What signed claims mean for whoever uses the app. `isKept`: they are kept for when nobody answers. */
export function statusOf(claims: Claims, isOnline: boolean, isKept: boolean): Valid | Invalid {
  const { code, licenseId = '', userId = null, tier = '', features = [], state = '' } = claims
  const { expiresAt = 0, exp, fallback } = claims
  if (code !== 'VALID') {
    const source = isOnline ? 'online' : 'kept'
    // A newer service may know more codes than this client; what to do about them is the same.
    const known = code as InvalidCode
    return { status: 'invalid', code: known, source, ...(fallback && { fallback }) }
  }
  const source = isOnline ? 'online' : 'lease'
  const offlineUntil = isKept ? exp * 1000 : null
  const about = { licenseId, userId, tier, features, state, expiresAt }
  return { status: 'valid', code, source, ...about, offlineUntil }
}
