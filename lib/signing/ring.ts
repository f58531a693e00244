/**
 * The signing keys, one after the other. Each is published before it signs, so that caches of the published keys have it,
 * and afterwards for as long as any token that it signed can be in use. The clock alone selects the key that signs, so a
 * rotation needs no second step.
 */

import type { KeyObject } from 'node:crypto'
import { DAY_MS, MAX_LEASE_DAYS } from '../license/index.ts'

export interface RingKey {
  readonly secret: KeyObject
  /** Milliseconds since the epoch. */
  readonly signsFrom: number
}

export interface SigningRing {
  /** Oldest first. Never empty; the first signs from the start. */
  readonly keys: readonly RingKey[]
  /** The endorsement of each key but the very first by its predecessor, oldest first. */
  readonly endorsements: readonly string[]
}

/**
 * The time between publishing a key and signing with it: longer than a function may use cached keys while Secrets Manager
 * is unavailable, and longer than any cache keeps the published keys.
 */
export const PUBLISHED_MS = 2 * DAY_MS

/** The time that a replaced key stays published: the longest lease and a day for clock skew. */
export const RETIRED_MS = (MAX_LEASE_DAYS + 1) * DAY_MS

/** Returns the key that signs at `now`, in milliseconds since the epoch. */
export function signerAt({ keys }: SigningRing, now: number): RingKey {
  const started = keys.findLast(({ signsFrom }) => signsFrom <= now)
  if (!started) throw new Error('No key of the signing ring signs yet')
  return started
}

/** Returns the keys that verify signatures at `now`: the current one, later ones and recently replaced ones. */
export const liveAt = ({ keys }: SigningRing, now: number): readonly RingKey[] =>
  keys.filter((_, index) => {
    const next = keys[index + 1]
    return next === undefined || now < next.signsFrom + RETIRED_MS
  })
