import type { Revocations } from '../license/store.ts'
import { type PublicJwk, signingKeyOf } from './key.ts'
import { liveAt, type SigningRing, signerAt } from './ring.ts'
import { signToken } from './token.ts'

/** A JWK Set (RFC 7517) with one member more, which whoever does not know it ignores. */
export interface PublishedKeys {
  readonly keys: readonly PublicJwk[]
  /** What lets whoever trusts an earlier key trust the later ones, oldest first. */
  readonly endorsements: readonly string[]
}

/** The keys by which what was signed is to be believed at `now`, in milliseconds since the epoch. */
export async function publishKeys(ring: SigningRing, now: number): Promise<PublishedKeys> {
  const keys = await Promise.all(liveAt(ring, now).map(({ secret }) => signingKeyOf(secret)))
  return { keys: keys.map(({ publicJwk }) => publicJwk), endorsements: ring.endorsements }
}

/** Behind `lic_`: 60 bits of a hash, so that no two licenses are taken for each other. */
const NAME = { start: 4, length: 12 }

/**
 * The signed list of revocations. `revoked` has the beginning of each license's id with the second up to which its leases
 * are void; what no lease can outlive is not in it. `number` only grows. It is signed with the oldest key that is still
 * published, which whoever holds a lease knows: a device that reaches nothing but the list cannot learn of a new one.
 */
export async function publishRevocations(
  ring: SigningRing,
  { number, revocations }: Revocations,
  now: number,
): Promise<string> {
  const { start, length } = NAME
  const revoked = Object.fromEntries(
    revocations
      .filter(({ until }) => until > now)
      .map(({ licenseId, at }) => [licenseId.slice(start, start + length), Math.floor(at / 1000)]),
  )
  const [oldest = signerAt(ring, now)] = liveAt(ring, now)
  const key = await signingKeyOf(oldest.secret)
  return signToken(key, 'revocations', { number, revoked }, { now })
}
