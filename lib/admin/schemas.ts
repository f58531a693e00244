/** What several routes read and say. */

import * as z from 'zod/mini'

export const reason = z
  .string('must be a string')
  .check(z.minLength(1, 'must not be empty'), z.maxLength(500, 'must be at most 500 characters'))

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/

/** The last millisecond of a day in UTC, or undefined for what is no day. */
function endOfDay(text: string): number | undefined {
  const [, year, month, day] = DAY.exec(text) ?? []
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const isDay = !Number.isNaN(start) && new Date(start).toISOString().startsWith(text)
  return isDay ? start + 24 * 60 * 60 * 1000 - 1 : undefined
}

/** A day, which is the whole of it. */
export const day = z.pipe(
  z.string('must be a string').check(z.regex(DAY, 'must be a day, like 2026-12-31')),
  z.transform((text, { issues }) => {
    const end = endOfDay(text)
    if (end !== undefined) return end
    issues.push({ code: 'custom', message: 'must be a day that exists', input: text })
    return z.NEVER
  }),
)

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/

/** A moment in a query: milliseconds since the epoch, or as ISO 8601 writes it. */
export const moment = z.pipe(
  z.string('must be a moment'),
  z.transform((text, { issues }) => {
    const isIso = ISO.test(text) && endOfDay(text.slice(0, 10)) !== undefined
    const time = /^\d{1,15}$/.test(text) ? Number(text) : isIso ? Date.parse(text) : Number.NaN
    if (!Number.isNaN(time)) return time
    const message = 'must be milliseconds since the epoch or like 2026-12-31T12:00:00Z'
    issues.push({ code: 'custom', message, input: text })
    return z.NEVER
  }),
)

/** How many of a list, from its query. */
export const limit = z.pipe(
  z.string('must be a number').check(z.regex(/^([1-9]\d?|100)$/, 'must be a number from 1 to 100')),
  z.transform(Number),
)

export const DEFAULT_LIMIT = 50

/** The version that the caller saw, so that it changes nothing else. */
export const version = z.optional(
  z.int('must be a whole number').check(z.minimum(1, 'must be at least 1')),
)

/** What each route that changes a license answers, and what the lists hold. */
export const licenseResponse = z.object({
  id: z.string(),
  userId: z.nullable(z.string()),
  userEmail: z.nullable(z.string()),
  tier: z.string(),
  seats: z.number(),
  devices: z.number(),
  state: z.string(),
  trial: z.boolean(),
  expiresAt: z.nullable(z.number()),
  createdAt: z.number(),
  issuedAt: z.number(),
  paymentIntentId: z.nullable(z.string()),
  customerId: z.nullable(z.string()),
  subscriptionId: z.nullable(z.string()),
  version: z.number(),
})
