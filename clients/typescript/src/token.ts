import { openJws, type TokenError, type TrustedKeys } from './trustedKeys.ts'

/** Tolerated clock difference, in both directions. */
export const SKEW_SECONDS = 300

/** Claims of a signed response. Names and values are those of `POST /api/verify`. */
export interface Claims {
  readonly code: string
  readonly iat: number
  readonly exp: number
  readonly licenseId?: string
  readonly userId?: string | null
  readonly tier?: string
  readonly features?: readonly string[]
  readonly state?: string
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number
  readonly fallback?: { readonly tier: string; readonly features: readonly string[] }
  readonly deviceId?: string
  readonly nonce?: string
}

export type TokenResult =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly reason: TokenError; readonly kid?: string }

interface Expected {
  readonly trustedKeys: TrustedKeys
  /** Device of the request. The token must name the same one, or none for undefined. */
  readonly deviceId: string | undefined
  /** Nonce of the request. It proves that a response is new, so that clocks need not agree. */
  readonly nonce?: string
  /** Current time to check a lease against, in seconds since the epoch. */
  readonly now?: number
}

/** Verifies the signature, device, nonce and times of a signed response or a lease. */
export async function readToken(
  token: unknown,
  { trustedKeys, deviceId, nonce, now }: Expected,
): Promise<TokenResult> {
  const opened = await openJws(token, 'license+jwt', trustedKeys)
  if (!opened.ok) return opened
  const claims = opened.claims as unknown as Claims
  const refuse = (reason: TokenError) => ({ ok: false, reason }) as const
  if (nonce !== undefined && claims.nonce !== nonce) return refuse('NONCE')
  if (claims.deviceId !== deviceId) return refuse('DEVICE')
  // A stored refusal does not expire.
  if (now !== undefined && claims.code === 'VALID') {
    // Negated, so that a missing or malformed time is refused, too.
    if (!(claims.iat <= now + SKEW_SECONDS)) return refuse('NOT_YET')
    if (!(claims.exp > now - SKEW_SECONDS)) return refuse('EXPIRED')
  }
  return { ok: true, claims }
}

/** Signed list of leases that were revoked before their expiry. */
export interface RevocationList {
  /** Grows with each change. Ignore a list with a smaller number than one seen before. */
  readonly number: number
  /** Per license, by 12 characters of its id after `lic_`: leases issued up to this second are revoked. */
  readonly revoked: Readonly<Record<string, number>>
}

/** Verifies a revocation list. Returns undefined if it is malformed or its signature is not trusted. */
export async function readRevocationList(
  token: unknown,
  trustedKeys: TrustedKeys,
): Promise<RevocationList | undefined> {
  const opened = await openJws(token, 'license-revocations+jwt', trustedKeys)
  return opened.ok ? (opened.claims as unknown as RevocationList) : undefined
}

/** True if the list revokes the lease with these claims. */
export function isRevoked({ licenseId = '', iat }: Claims, { revoked }: RevocationList): boolean {
  const name = licenseId.slice(4, 16)
  return Object.hasOwn(revoked, name) && iat <= (revoked[name] ?? 0)
}
