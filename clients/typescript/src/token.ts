import { type Distrust, open, type Trust } from './trust.ts'

/** How far clocks may differ, both ways. */
export const SKEW_SECONDS = 300

/** What a signed answer says. Names and values are those of `POST /api/verify`. */
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

export type Read =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly reason: Distrust; readonly kid?: string }

interface Expected {
  readonly trust: Trust
  /** What was sent: the token has to say the same. */
  readonly deviceId: string | undefined
  /** The nonce of the request that it answers; such an answer is as new as the nonce, whatever clocks say. */
  readonly nonce?: string
  /** For a lease: seconds since the epoch. */
  readonly now?: number
}

/** Reads a signed answer or a lease, if it is to be believed here and now. */
export async function readToken(
  token: unknown,
  { trust, deviceId, nonce, now }: Expected,
): Promise<Read> {
  const opened = await open(token, 'license+jwt', trust)
  if (!opened.ok) return opened
  const claims = opened.claims as unknown as Claims
  const distrust = (reason: Distrust) => ({ ok: false, reason }) as const
  if (nonce !== undefined && claims.nonce !== nonce) return distrust('NONCE')
  if (claims.deviceId !== deviceId) return distrust('DEVICE')
  // A refusal that was kept stays one until the service says otherwise.
  if (now !== undefined && claims.code === 'VALID') {
    // Put so that a time which is no number is refused as well.
    if (!(claims.iat <= now + SKEW_SECONDS)) return distrust('NOT_YET')
    if (!(claims.exp > now - SKEW_SECONDS)) return distrust('EXPIRED')
  }
  return { ok: true, claims }
}

/** The signed list of leases that are void before their time. */
export interface RevocationList {
  /** Grows; an older list than one that was seen says nothing. */
  readonly number: number
  /** By the beginning of a license's id: up to which second leases of it are void. */
  readonly revoked: Readonly<Record<string, number>>
}

export async function readList(token: unknown, trust: Trust): Promise<RevocationList | undefined> {
  const opened = await open(token, 'license-revocations+jwt', trust)
  return opened.ok ? (opened.claims as unknown as RevocationList) : undefined
}

/** Whether a list says that a lease is void. */
export function isRevoked({ licenseId = '', iat }: Claims, { revoked }: RevocationList): boolean {
  const name = licenseId.slice(4, 16)
  return Object.hasOwn(revoked, name) && iat <= (revoked[name] ?? 0)
}
