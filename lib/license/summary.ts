import type { License, LicenseId } from './license.ts'
import { type Phase, type Status, toPhases } from './status.ts'
import { ALWAYS, type BucketKey, bucketsAt, toDay, toIssuedBucket } from './timeBuckets.ts'

export type { BucketKey, BucketRange } from './timeBuckets.ts'

/**
 * Incremental license counts. When a license changes, it is counted with its current status and with every status that
 * time alone will give it: each phase adds to the buckets of its start and subtracts the previous status. The sum of all
 * buckets up to a time is the count of licenses by status at that time.
 */

/** The contribution of a license to the counters, which is subtracted when the license changes. */
export interface CountedLicense {
  readonly licenseId: LicenseId
  /** The version of the license that was counted. */
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

/** The counters of a bucket: licenses by status and tier, or issued licenses by day. */
export type Counters = ReadonlyMap<string, number>

const toCounterName = (standing: Status, tier: string) => `${standing}:${tier}`

/** The number of licenses of a tier with a status. */
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

/** Returns the changes of counters by bucket between two versions of a license. `before` is undefined for a new one. */
export function deltaBetween(
  before: CountedLicense | undefined,
  after: CountedLicense,
): ReadonlyMap<BucketKey, Counters> {
  const deltas = new Map<BucketKey, Map<string, number>>()
  if (before) addTo(deltas, before, -1)
  addTo(deltas, after, 1)
  return dropZeros(deltas)
}

type Deltas = Map<BucketKey, Map<string, number>>

function addTo(deltas: Deltas, { tier, createdAt, phases }: CountedLicense, by: number): void {
  const day = toDay(createdAt)
  add(deltas, toIssuedBucket(day), day, by)
  let before: Phase | undefined
  for (const phase of phases) {
    for (const bucket of before ? bucketsAt(phase.from) : [ALWAYS]) {
      if (before) add(deltas, bucket, toCounterName(before.standing, tier), -by)
      add(deltas, bucket, toCounterName(phase.standing, tier), by)
    }
    before = phase
  }
}

function add(deltas: Deltas, bucket: BucketKey, name: string, by: number): void {
  const counters = deltas.get(bucket) ?? new Map<string, number>()
  deltas.set(bucket, counters)
  counters.set(name, (counters.get(name) ?? 0) + by)
}

/** Adds up the changes of several licenses. */
export function mergeDeltas(
  all: Iterable<ReadonlyMap<BucketKey, Counters>>,
): ReadonlyMap<BucketKey, Counters> {
  const deltas: Deltas = new Map()
  for (const one of all) {
    for (const [bucket, counters] of one) {
      for (const [name, by] of counters) add(deltas, bucket, name, by)
    }
  }
  return dropZeros(deltas)
}

const dropZeros = (deltas: Deltas): ReadonlyMap<BucketKey, Counters> =>
  new Map(
    [...deltas]
      .map(
        ([bucket, counters]) =>
          [bucket, new Map([...counters].filter(([, by]) => by !== 0))] as const,
      )
      .filter(([, counters]) => counters.size > 0),
  )
