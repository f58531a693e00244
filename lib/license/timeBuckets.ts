/** Time buckets for counters: the sum of everything up to a minute takes a few ranges of months, days, hours and minutes. */

/** The key of a bucket. Keys of one kind sort by time. */
export type BucketKey = string

/** A range of buckets, both ends included. */
export interface BucketRange {
  readonly from: BucketKey
  readonly to: BucketKey
}

/** The bucket of counters that do not depend on time. */
export const ALWAYS: BucketKey = 'ALWAYS'

const MINUTE_MS = 60_000

/** The kinds of buckets, and the length of an ISO date that names one. A time belongs to one bucket of each kind. */
const PARTS = [
  { kind: 'MONTH', length: 7 },
  { kind: 'DAY', length: 10 },
  { kind: 'HOUR', length: 13 },
  { kind: 'MINUTE', length: 16 },
] as const

/** Years above 9999 have more digits and do not sort. */
const END_OF_TIME = Date.UTC(9999, 11, 31)

/** Appends `Z`, so that the date alone, as the start of a range, sorts before the bucket. */
const toBucketKey = (kind: string, date: string): BucketKey => `${kind}#${date}Z`

/** Formats a day in UTC, for example `2026-11-25`. */
export const toDay = (moment: number) => new Date(moment).toISOString().slice(0, 10)

/** Returns the start of the current minute, for which sums are exact. Both are milliseconds since the epoch. */
export const toFullMinute = (now: number) => Math.floor(now / MINUTE_MS) * MINUTE_MS

/** Returns the buckets of a time: those of the first full minute at or after it. */
export function bucketsAt(from: number): readonly BucketKey[] {
  const minute = Math.ceil(from / MINUTE_MS) * MINUTE_MS
  if (minute > END_OF_TIME) return []
  const date = new Date(minute).toISOString()
  return PARTS.map(({ kind, length }) => toBucketKey(kind, date.slice(0, length)))
}

/** Returns the ranges of everything up to a full minute: past months, then the days of this month, hours and minutes. */
export function bucketsUpTo(minute: number): readonly BucketRange[] {
  const date = new Date(minute).toISOString()
  const parts = PARTS.map(({ kind, length }, index) => ({
    from: `${kind}#${date.slice(0, PARTS[index - 1]?.length ?? 0)}`,
    to: `${kind}#${date.slice(0, length)}`,
  }))
  const last = toBucketKey('MINUTE', date.slice(0, 16))
  return [{ from: ALWAYS, to: ALWAYS }, ...parts, { from: last, to: last }]
}

/** Returns the bucket of licenses issued in the month of a day. */
export const toIssuedBucket = (day: string): BucketKey => toBucketKey('ISSUED', day.slice(0, 7))
