import { signingKeyOf } from './key.ts'
import { liveAt, PUBLISHED_MS, signerAt } from './ring.ts'
import { type RingSecret, toKey, toRing } from './secret.ts'
import { endorse } from './token.ts'

export interface Rotated {
  readonly ring: RingSecret
  /** The names of the key that signed so far and of the one that will. */
  readonly from: string
  readonly to: string
  /** Milliseconds since the epoch; 0 for at once. */
  readonly signsFrom: number
  /** How many keys are gone for good because nothing that they signed is in use. */
  readonly dropped: number
}

/**
 * Adds a key to the ring, for which the one that signs now speaks. It is published at once and signs from two days later
 * on; or at once, and instead of all others, when they are not to be trusted any more. Keys whose time is over
 * are dropped; what was said for them stays, since it leads from an old key to the newest.
 *
 * @param secret a new text that nobody can guess
 * @param now milliseconds since the epoch
 * @throws Error while an earlier new key does not sign yet: two changes at once would leave no time to publish.
 */
export async function rotate(
  ring: RingSecret,
  secret: string,
  now: number,
  isLeaked = false,
): Promise<Rotated> {
  const held = toRing(ring)
  const signer = signerAt(held, now)
  const pending = held.keys.find(({ signsFrom }) => signsFrom > now)
  if (pending && !isLeaked) {
    const from = new Date(pending.signsFrom).toISOString()
    throw new Error(`A new key is published already and signs from ${from} on: rotate again later`)
  }
  const signsFrom = isLeaked ? 0 : now + PUBLISHED_MS
  const by = await signingKeyOf(signer.secret)
  const next = await signingKeyOf(toKey(secret))
  const live = isLeaked ? [] : liveAt(held, now)
  const kept = ring.keys.filter((_, place) => live.some((key) => key === held.keys[place]))
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
