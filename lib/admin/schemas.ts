/** Schemas shared by the admin routes. */

import * as z from 'zod/mini'
import { textSchema } from '../http/request.ts'
import { type AuditEntry, evaluate, type License } from '../license/index.ts'

export const reason = textSchema(1, 500)

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/

/** Returns the last millisecond of a UTC day, or undefined if the day does not exist. */
function endOfDay(text: string): number | undefined {
  const [, year, month, day] = DAY.exec(text) ?? []
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const exists = !Number.isNaN(start) && new Date(start).toISOString().startsWith(text)
  return exists ? start + 24 * 60 * 60 * 1000 - 1 : undefined
}

/** A UTC day, such as `2026-12-31`; parsed to its last millisecond. */
export const day = z.pipe(
  z.string('must be a day').check(z.regex(DAY, 'must be a day, such as 2026-12-31')),
  z.transform((text, { issues }) => {
    const end = endOfDay(text)
    if (end !== undefined) return end
    issues.push({ code: 'custom', message: 'must be a day that exists', input: text })
    return z.NEVER
  }),
)

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/

/** A query parameter in milliseconds since the epoch or ISO 8601. */
export const moment = z.pipe(
  z.string('must be a time'),
  z.transform((text, { issues }) => {
    const isIso = ISO.test(text) && endOfDay(text.slice(0, 10)) !== undefined
    const time = /^\d{1,15}$/.test(text) ? Number(text) : isIso ? Date.parse(text) : Number.NaN
    if (!Number.isNaN(time)) return time
    const message = 'must be milliseconds since the epoch, or such as 2026-12-31T12:00:00Z'
    issues.push({ code: 'custom', message, input: text })
    return z.NEVER
  }),
)

/** The page size, as a query parameter. */
export const limit = z.pipe(
  z.string('must be a number').check(z.regex(/^([1-9]\d?|100)$/, 'must be a number from 1 to 100')),
  z.transform(Number),
)

export const DEFAULT_LIMIT = 50

export const pageQuery = z.object({ limit: z.optional(limit), cursor: z.optional(z.string()) })

export const pageResponse = <Item extends z.ZodMiniType>(item: Item) =>
  z.object({ items: z.array(item), cursor: z.optional(z.string()) })

/** The version of the license that the caller read; a different one is a conflict. */
export const version = z.optional(
  z.int('must be a whole number').check(z.minimum(1, 'must be at least 1')),
)

/** A license without its key. Null means unknown or, for `expiresAt`, never. */
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

export function toLicenseResponse(license: License, now: number): z.output<typeof licenseResponse> {
  const { id, userId, userEmail, tier, seats, devices, createdAt, version, origin } = license
  const { paymentIntentId, customerId, subscriptionId } = license
  const { state, trial = false, expiresAt } = evaluate(license.facts, now)
  return {
    id,
    userId,
    userEmail,
    tier,
    seats,
    devices,
    state,
    trial,
    expiresAt,
    createdAt,
    issuedAt: origin.issuedAt * 1000,
    paymentIntentId,
    customerId,
    subscriptionId,
    version,
  }
}

export const toEventResponse = ({ licenseId: _, ...entry }: AuditEntry) => entry
