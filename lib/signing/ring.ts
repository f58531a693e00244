/**
 * The keys that answers are signed with, one after the other. Each is published for a while before it signs, so that
 * whoever holds the published keys for a while knows it; and after its time for as long as anything it signed can be
 * in use. The clock alone decides which key signs: nobody has to do anything at the right moment.
 */

import type { KeyObject } from 'node:crypto'
import { DAY_MS, MAX_LEASE_DAYS } from '../license/index.ts'

export interface RingKey {
  readonly secret: KeyObject
  /** Milliseconds since the epoch. */
  readonly signsFrom: number
}

export interface SigningRing {
  /** Oldest first. There is at least one, and the first has always signed. */
  readonly keys: readonly RingKey[]
  /** For each key but the very first, what the one before it says for it; oldest first. */
  readonly endorsements: readonly string[]
}

/**
 * How long a key is published before it signs: longer than a function may hold the keys of before while Secrets
 * Manager does not answer, and anybody on the way the published ones.
 */
export const PUBLISHED_MS = 2 * DAY_MS

/** How long a key that signs no more is published: as long as the longest lease, and a day for clocks that are wrong. */
export const RETIRED_MS = (MAX_LEASE_DAYS + 1) * DAY_MS

/** The key that signs at `now`, in milliseconds since the epoch. */
export function signerAt({ keys }: SigningRing, now: number): RingKey {
  const started = keys.findLast(({ signsFrom }) => signsFrom <= now)
  if (!started) throw new Error('No key of the signing ring has begun to sign')
  return started
}

/** The keys by which what was signed is to be believed at `now`: those that sign, will sign or have signed of late. */
export const liveAt = ({ keys }: SigningRing, now: number): readonly RingKey[] =>
  keys.filter((_, place) => {
    const next = keys[place + 1]
    return next === undefined || now < next.signsFrom + RETIRED_MS
  })
