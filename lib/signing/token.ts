import { type JWTPayload, SignJWT } from 'jose'
import type { PublicJwk, SigningKey } from './key.ts'

/** Explicit types of tokens, so that one kind is never accepted as another (RFC 8725 section 3.11). */
export const TOKEN_TYPES = {
  verdict: 'license+jwt',
  revocations: 'license-revocations+jwt',
  endorsement: 'license-key+jwt',
} as const

interface Times {
  /** Milliseconds since the epoch, rounded down to the seconds of a JWT. */
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

/** Endorses the next key: a client that trusts the first key can trust all that follow. */
export const endorse = (by: SigningKey, jwk: PublicJwk, now: number) =>
  signToken(by, 'endorsement', { jwk }, { now })
