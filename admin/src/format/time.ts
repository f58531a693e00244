/** Formats times in the browser's locale and time zone. All times are milliseconds since the epoch. */

const MINUTE_MS = 60_000
const UNITS = [
  ['year', 525_600],
  ['month', 43_800],
  ['day', 1440],
  ['hour', 60],
  ['minute', 1],
] as const

/** The API reports a lifetime license as one that expires 100 years after its issue. */
const LIFETIME_MS = 90 * 365 * 24 * 60 * MINUTE_MS

const MAX_DATE_MS = 8.64e15

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const utcDay = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})
const relative = new Intl.RelativeTimeFormat(undefined)
const now = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(0, 'second')

export const formatDateTime = (at: number) => dateTime.format(at)
export const formatDate = (at: number) => date.format(at)

/** Formats the distance from a time, as in "in 3 days". */
export function formatRelative(at: number, from: number): string {
  const minutes = (at - from) / MINUTE_MS
  const [unit, size] = UNITS.find(([, size]) => Math.abs(minutes) >= size) ?? []
  return unit === undefined ? now : relative.format(Math.trunc(minutes / size), unit)
}

/** @param day in UTC, as `YYYY-MM-DD` */
export const formatUtcDay = (day: string) => utcDay.format(Date.parse(`${day}T00:00:00Z`))

export const isLifetime = (expiresAt: number | null, issuedAt: number) =>
  expiresAt === null || expiresAt - issuedAt > LIFETIME_MS

/** Returns false for numbers that `Date` cannot represent. */
export const isValidTime = (at: number) => Math.abs(at) <= MAX_DATE_MS
