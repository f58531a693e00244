/** Places by time in which things are counted, so that the sum of what began up to a moment takes few of them. */

/** In the order of the alphabet, places of one kind are in the order of time. */
export type BucketKey = string

/** From one place to another one, both included. */
export interface BucketRange {
  readonly from: BucketKey
  readonly to: BucketKey
}

/** What is counted whatever the time. */
export const ALWAYS: BucketKey = 'ALWAYS'

const MINUTE_MS = 60_000

/** The parts of time that have a place each, and how much of an ISO date names one. A moment is in one of each kind. */
const PARTS = [
  { kind: 'MONTH', length: 7 },
  { kind: 'DAY', length: 10 },
  { kind: 'HOUR', length: 13 },
  { kind: 'MINUTE', length: 16 },
] as const

/** Later dates have more digits, which the alphabet would not sort. Nobody lives to see them. */
const END_OF_TIME = Date.UTC(9999, 11, 31)

/** With something behind its date, so that a date alone comes before the place that it names. */
const toBucketKey = (kind: string, date: string): BucketKey => `${kind}#${date}Z`

/** A day in UTC, as `2026-11-25`. */
export const toDay = (moment: number) => new Date(moment).toISOString().slice(0, 10)

/** The last full minute at a moment, both in milliseconds since the epoch: of it, sums are exact. */
export const toFullMinute = (now: number) => Math.floor(now / MINUTE_MS) * MINUTE_MS

/** The places of what begins at a moment: of the first full minute that is not before it. */
export function bucketsAt(from: number): readonly BucketKey[] {
  const minute = Math.ceil(from / MINUTE_MS) * MINUTE_MS
  if (minute > END_OF_TIME) return []
  const date = new Date(minute).toISOString()
  return PARTS.map(({ kind, length }) => toBucketKey(kind, date.slice(0, length)))
}

/** The places of all that began up to a full minute: months that are over, then days of this one, hours, and minutes. */
export function bucketsUpTo(minute: number): readonly BucketRange[] {
  const date = new Date(minute).toISOString()
  const parts = PARTS.map(({ kind, length }, index) => ({
    from: `${kind}#${date.slice(0, PARTS[index - 1]?.length ?? 0)}`,
    to: `${kind}#${date.slice(0, length)}`,
  }))
  const itself = toBucketKey('MINUTE', date.slice(0, 16))
  return [{ from: ALWAYS, to: ALWAYS }, ...parts, { from: itself, to: itself }]
}

/** Where what was issued in the month of a day is counted, by its day. */
export const toIssuedBucket = (day: string): BucketKey => toBucketKey('ISSUED', day.slice(0, 7))
