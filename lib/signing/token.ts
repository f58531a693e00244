import { type JWTPayload, SignJWT } from 'jose'
import type { PublicJwk, SigningKey } from './key.ts'

/** What a token is, so that one kind can never be taken for another (RFC 8725 section 3.11). */
export const TOKEN_TYPES = {
  verdict: 'license+jwt',
  revocations: 'license-revocations+jwt',
  endorsement: 'license-key+jwt',
} as const

interface Times {
  /** Milliseconds since the epoch; a token counts in seconds and drops the rest. */
  readonly now: number
  readonly until?: number
}

const seconds = (ms: number) => Math.floor(ms / 1000)

/** Signs claims as a compact JWS with Ed25519. */
export async function signToken(
  { privateKey, publicJwk: { kid } }: SigningKey,
  type: keyof typeof TOKEN_TYPES,
  claims: JWTPayload,
  { now, until }: Times,
): Promise<string> {
  const token = new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: TOKEN_TYPES[type], kid })
    .setIssuedAt(seconds(now))
  if (until !== undefined) token.setExpirationTime(seconds(until))
  return token.sign(privateKey)
}

/** One key says for the next that it may be trusted as it is itself: whoever trusts the first can trust them all. */
export const endorse = (by: SigningKey, jwk: PublicJwk, now: number) =>
  signToken(by, 'endorsement', { jwk }, { now })
