import type { Claims } from './token.ts'

/** The license is valid, by a response of the service or by a lease while the service is unreachable. */
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
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Expiry of the stored lease, null if none was stored. Milliseconds since the epoch. */
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

/** The license is not valid, by a signed response (new or stored) or by the signed revocation list. */
export interface Invalid {
  readonly status: 'invalid'
  readonly code: InvalidCode
  readonly source: 'online' | 'kept' | 'list'
  /** Tier and features that remain after the license expired. */
  readonly fallback?: { readonly tier: string; readonly features: readonly string[] }
  /** With `DEVICE_LIMIT_REACHED`: the active devices. Not signed: use it for display only. */
  readonly devices?: readonly Device[]
  /** With `DEVICE_LIMIT_REACHED`: whether all seats are taken or too many devices were replaced. Not signed. */
  readonly detail?: string
}

/** The license could not be checked. Keep the previous state; never lock a customer out because of it. */
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
  /** Cause, for logs and support. */
  readonly detail?: string
}

export type LicenseStatus = Valid | Invalid | Unknown

export interface Device {
  readonly name: string | null
  readonly hint: string
  readonly activatedAt: number
}

export const toUnknown = (code: Unknown['code'], detail?: string): Unknown => ({
  status: 'unknown',
  code,
  ...(detail !== undefined && { detail }),
})

/** Converts signed claims to a status. `isStored`: the claims are stored for offline use. */
export function toStatus(claims: Claims, isOnline: boolean, isStored: boolean): Valid | Invalid {
  const { code, licenseId = '', userId = null, tier = '', features = [], state = '' } = claims
  const { expiresAt = 0, exp, fallback } = claims
  if (code !== 'VALID') {
    const source = isOnline ? 'online' : 'kept'
    // A newer service may return codes that this client does not know. They mean invalid, too.
    const known = code as InvalidCode
    return { status: 'invalid', code: known, source, ...(fallback && { fallback }) }
  }
  const source = isOnline ? 'online' : 'lease'
  const offlineUntil = isStored ? exp * 1000 : null
  const details = { licenseId, userId, tier, features, state, expiresAt }
  return { status: 'valid', code, source, ...details, offlineUntil }
}
