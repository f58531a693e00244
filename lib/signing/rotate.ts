import { signingKeyOf } from './key.ts'
import { liveAt, PUBLISHED_MS, signerAt } from './ring.ts'
import { type RingSecret, toKey, toRing } from './secret.ts'
import { endorse } from './token.ts'

export interface Rotated {
  readonly ring: RingSecret
  /** The ids (`kid`) of the current key and of the new one. */
  readonly from: string
  readonly to: string
  /** Milliseconds since the epoch; 0 for immediately. */
  readonly signsFrom: number
  /** The number of keys that were removed, since no token that they signed can be in use. */
  readonly dropped: number
}

/**
 * Adds a key to the ring, endorsed by the current one. The key is published immediately and signs after two days. If
 * `isLeaked`, it signs immediately and replaces all others. Expired keys are removed; their endorsements stay, since they
 * lead from an old key to the newest.
 *
 * @param secret a random text
 * @param now milliseconds since the epoch
 * @throws Error if an earlier new key does not sign yet: two rotations at once would leave no time to publish
 */
export async function rotate(
  ring: RingSecret,
  secret: string,
  now: number,
  isLeaked = false,
): Promise<Rotated> {
  const parsed = toRing(ring)
  const signer = signerAt(parsed, now)
  const pending = parsed.keys.find(({ signsFrom }) => signsFrom > now)
  if (pending && !isLeaked) {
    const from = new Date(pending.signsFrom).toISOString()
    throw new Error(`A new key is published already and signs from ${from} on: rotate again later`)
  }
  const signsFrom = isLeaked ? 0 : now + PUBLISHED_MS
  const by = await signingKeyOf(signer.secret)
  const next = await signingKeyOf(toKey(secret))
  const live = isLeaked ? [] : liveAt(parsed, now)
  const kept = ring.keys.filter((_, index) => live.some((key) => key === parsed.keys[index]))
  return {
    ring: {
      keys: [...kept, { secret, signsFrom }],
      endorsements: [...ring.endorsements, await endorse(by, next.publicJwk, now)],
    },
    from: by.publicJwk.kid,
    to: next.publicJwk.kid,
    signsFrom,
    dropped: ring.keys.length - kept.length,
  }
}
