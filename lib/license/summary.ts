/**
 * How many licenses stand how, without looking at them. Each is counted when it changes, with all that time is going to make of
 * it: as what it is to begin with, and from every later phase on as something else. What was counted up to a moment, added
 * up, is how all of them stand then.
 */

import type { LicenseId } from './key.ts'
import type { License } from './license.ts'
import { type Phase, type Status, toPhases } from './status.ts'
import { ALWAYS, type BucketKey, bucketsAt, toDay, toIssuedBucket } from './timeBuckets.ts'

/** What is counted of a license, and taken back when it changes. */
export interface CountedLicense {
  readonly licenseId: LicenseId
  /** Of the license that it was counted of. */
  readonly version: number
  readonly tier: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly phases: readonly Phase[]
}

export const toCountedLicense = ({
  id,
  version,
  tier,
  createdAt,
  facts,
}: License): CountedLicense => ({
  licenseId: id,
  version,
  tier,
  createdAt,
  phases: toPhases(facts),
})

/** What is counted in a place: how many licenses of a tier stand how, or were issued on a day. */
export type Counters = ReadonlyMap<string, number>

const toCounterName = (standing: Status, tier: string) => `${standing}:${tier}`

/** How many licenses of a tier stand how. */
export interface StatusCount {
  readonly standing: Status
  readonly tier: string
  readonly licenses: number
}

export const toStatusCounts = (counters: Counters): readonly StatusCount[] =>
  [...counters].map(([name, licenses]) => {
    const [standing, ...tier] = name.split(':') as [Status, ...string[]]
    return { standing, tier: tier.join(':'), licenses }
  })

/** What changes in which place when a license is counted that was counted before, or not yet. */
export function deltaBetween(
  before: CountedLicense | undefined,
  after: CountedLicense,
): ReadonlyMap<BucketKey, Counters> {
  const changes = new Map<BucketKey, Map<string, number>>()
  if (before) addTo(changes, before, -1)
  addTo(changes, after, 1)
  return dropZeros(changes)
}

type Deltas = Map<BucketKey, Map<string, number>>

function addTo(changes: Deltas, { tier, createdAt, phases }: CountedLicense, by: number): void {
  const day = toDay(createdAt)
  add(changes, toIssuedBucket(day), day, by)
  let before: Phase | undefined
  for (const phase of phases) {
    for (const place of before ? bucketsAt(phase.from) : [ALWAYS]) {
      if (before) add(changes, place, toCounterName(before.standing, tier), -by)
      add(changes, place, toCounterName(phase.standing, tier), by)
    }
    before = phase
  }
}

function add(changes: Deltas, place: BucketKey, name: string, by: number): void {
  const counters = changes.get(place) ?? new Map<string, number>()
  changes.set(place, counters)
  counters.set(name, (counters.get(name) ?? 0) + by)
}

/** All changes as one. */
export function mergeDeltas(
  all: Iterable<ReadonlyMap<BucketKey, Counters>>,
): ReadonlyMap<BucketKey, Counters> {
  const changes: Deltas = new Map()
  for (const one of all) {
    for (const [place, counters] of one) {
      for (const [name, by] of counters) add(changes, place, name, by)
    }
  }
  return dropZeros(changes)
}

const dropZeros = (changes: Deltas): ReadonlyMap<BucketKey, Counters> =>
  new Map(
    [...changes]
      .map(
        ([place, counters]) =>
          [place, new Map([...counters].filter(([, by]) => by !== 0))] as const,
      )
      .filter(([, counters]) => counters.size > 0),
  )
