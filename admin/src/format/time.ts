/** Moments for people: in their locale and zone. All are milliseconds since the epoch. */

const MINUTE_MS = 60_000
const UNITS = [
  ['year', 525_600],
  ['month', 43_800],
  ['day', 1440],
  ['hour', 60],
  ['minute', 1],
] as const

/** On the wire, a license for life ends a hundred years after its issue. */
const LIFE_MS = 90 * 365 * 24 * 60 * MINUTE_MS

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const dayOnly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

export const formatDateTime = (at: number) => full.format(at)
export const formatDate = (at: number) => dayOnly.format(at)

/** How long ago, or how long from `now`. */
export function formatRelative(at: number, now: number): string {
  const minutes = (at - now) / MINUTE_MS
  const [unit, size] = UNITS.find(([, size]) => Math.abs(minutes) >= size) ?? ['minute', 1]
  return relative.format(Math.trunc(minutes / size), unit)
}

/** Whether it is so far off that it is for ever. */
export const isLifetime = (expiresAt: number | null, from: number) =>
  expiresAt === null || expiresAt - from > LIFE_MS

/** A day of `YYYY-MM-DD` in UTC, short. */
export const formatUtcDay = (day: string) =>
  new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    Date.parse(`${day}T00:00:00Z`),
  )

/** Whether a moment can be written as a date at all. */
export const isValidTime = (at: number) => Number.isFinite(at) && Math.abs(at) <= 8.64e15
