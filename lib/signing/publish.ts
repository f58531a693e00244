import type { Revocations } from '../license/store.ts'
import { type PublicJwk, signingKeyOf } from './key.ts'
import { liveAt, type SigningRing, signerAt } from './ring.ts'
import { signToken } from './token.ts'

/** A JWK Set (RFC 7517) with an additional member, which other clients ignore. */
export interface PublishedKeys {
  readonly keys: readonly PublicJwk[]
  /** Tokens in which each key endorses its successor, oldest first. */
  readonly endorsements: readonly string[]
}

/** Returns the public keys that verify signatures at `now`, in milliseconds since the epoch. */
export async function publishKeys(ring: SigningRing, now: number): Promise<PublishedKeys> {
  const keys = await Promise.all(liveAt(ring, now).map(({ secret }) => signingKeyOf(secret)))
  return { keys: keys.map(({ publicJwk }) => publicJwk), endorsements: ring.endorsements }
}

/** The part of an id after `lic_` that identifies a license: 60 bits of a hash, so collisions are negligible. */
const SHORT_ID = { start: 4, length: 12 }

/**
 * Returns the signed list of revocations. `revoked` maps the start of a license id to the Unix second up to which its
 * leases are void; revocations that outlast every lease are left out. `number` only grows. The oldest published key signs
 * the list: every device with a lease knows it, and a device that reaches only the list cannot learn a new key.
 */
export async function publishRevocations(
  ring: SigningRing,
  { number, revocations }: Revocations,
  now: number,
): Promise<string> {
  const { start, length } = SHORT_ID
  const revoked = Object.fromEntries(
    revocations
      .filter(({ until }) => until > now)
      .map(({ licenseId, at }) => [licenseId.slice(start, start + length), Math.floor(at / 1000)]),
  )
  const [oldest = signerAt(ring, now)] = liveAt(ring, now)
  const key = await signingKeyOf(oldest.secret)
  return signToken(key, 'revocations', { number, revoked }, { now })
}
