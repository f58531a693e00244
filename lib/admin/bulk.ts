/** Many licenses in one request: issued, or put on record with the keys that they were sold with. */

import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import type { Catalog } from '../catalog/schema.ts'
import { PROBLEMS, type ProblemCode } from '../http/problem.ts'
import { generateSchema, id, toFieldErrors } from '../http/request.ts'
import { DAY_MS, type IssueRequest, importLicense, LIFETIME } from '../license/index.ts'
import { issueForPayment } from '../stripe/issueForPayment.ts'
import { type AdminContext, defineRoute, type Route } from './route.ts'
import { reason } from './schemas.ts'

const MAX_ROWS = 100
/** The end of the year 9999, which is as far as dates are written. */
const LAST_MOMENT = Date.UTC(10_000, 0) - 1
/** How many rows are at work at once. */
const WIDTH = 10

export const rowSchema = (catalog: Catalog) =>
  z.extend(generateSchema(catalog), {
    /** A key that was sold before. */
    license: z.optional(id),
    /** When it ends, instead of a duration: in milliseconds since the epoch; null for never. */
    expiresAt: z.optional(
      z.nullable(
        z
          .int('must be milliseconds')
          .check(
            z.minimum(0, 'must be at least 0'),
            z.maximum(LAST_MOMENT, 'must be before the year 10000'),
          ),
      ),
    ),
    /** The caller's own name of the row, by which it is never issued twice. */
    ref: z.optional(id),
  })

type Row = z.output<ReturnType<typeof rowSchema>>

const rowResponse = z.object({
  ok: z.boolean(),
  id: z.optional(z.string()),
  license: z.optional(z.string()),
  repeated: z.optional(z.boolean()),
  code: z.optional(z.string()),
  error: z.optional(z.string()),
  fields: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
})

type RowResponse = z.output<typeof rowResponse>

const refused = (code: ProblemCode, path: string, message: string): RowResponse => ({
  ok: false,
  code,
  error: PROBLEMS[code].error,
  fields: [{ path, message }],
})

export const bulkRoutes = (catalog: Catalog): readonly Route[] => {
  const schema = rowSchema(catalog)
  return [
    defineRoute({
      method: 'POST',
      path: '/licenses/bulk',
      scope: 'licenses:issue',
      summary:
        'Issues up to 100 licenses, one result a row in their order. A row with `license` puts a key on record that was ' +
        'sold before. Asking again is safe: by `paymentIntentId`, by `license`, by a `ref` of your own, otherwise by the Idempotency-Key header.',
      body: z.object(
        {
          rows: z
            .array(z.unknown(), 'must be a list')
            .check(
              z.minLength(1, 'must not be empty'),
              z.maxLength(MAX_ROWS, `must be at most ${MAX_ROWS}`),
            ),
          reason: z.optional(reason),
        },
        'must be an object',
      ),
      response: z.object({ results: z.array(rowResponse) }),
      async respond(context, { body }) {
        const results: RowResponse[] = []
        const ahead = counting()
        for (let start = 0; start < body.rows.length; start += WIDTH) {
          const part = body.rows.slice(start, start + WIDTH)
          const answers = part.map((row, index) =>
            answerTo(context, schema, row, start + index, body.reason ?? 'bulk', ahead(row)),
          )
          results.push(...(await Promise.all(answers)))
        }
        return { results }
      },
    }),
  ]
}

async function answerTo(
  context: AdminContext,
  schema: ReturnType<typeof rowSchema>,
  text: unknown,
  index: number,
  why: string,
  ahead: number,
): Promise<RowResponse> {
  const parsed = z.safeParse(schema, text)
  if (!parsed.success) {
    const { error } = PROBLEMS.INVALID_REQUEST
    return { ok: false, code: 'INVALID_REQUEST', error, fields: toFieldErrors(parsed.error) }
  }
  const row = parsed.data
  const cause = {
    actor: `token:${context.caller.tokenId}`,
    reason: why,
    requestId: context.requestId,
  }
  return row.license === undefined
    ? issue(context, row, index, cause, ahead)
    : take({ ...row, license: row.license }, context, cause)
}

type Cause = Pick<IssueRequest, 'actor' | 'reason' | 'requestId'>

/** What tells a row from its repetition: its own name for ever, or the request's for a day. */
function requestOf({ idempotencyKey }: AdminContext, { ref }: Row, index: number) {
  if (ref !== undefined) return { key: `ref#${ref}`, lasts: false }
  const key = idempotencyKey()
  return key === undefined ? undefined : { key: `${key}#${index}`, lasts: true }
}

/** How many rows of the same user and tier were asked about before. */
function counting() {
  const seen = new Map<string, number>()
  return (row: unknown): number => {
    const { userId, tier } = Object(row)
    const name = JSON.stringify([userId, tier])
    const count = seen.get(name) ?? 0
    seen.set(name, count + 1)
    return count
  }
}

async function issue(
  context: AdminContext,
  row: Row,
  index: number,
  cause: Cause,
  ahead: number,
): Promise<RowResponse> {
  const { userId, userEmail = null, tier, duration: days, paymentIntentId = null, expiresAt } = row
  const { caller, catalog, now } = context
  const request = requestOf(context, row, index)
  if (paymentIntentId === null && request === undefined) {
    return refused(
      'INVALID_REQUEST',
      'ref',
      'must be there, or paymentIntentId, or the request needs an Idempotency-Key header',
    )
  }
  const asked = JSON.stringify([
    userId,
    userEmail,
    tier.name,
    days ?? null,
    paymentIntentId,
    expiresAt ?? null,
  ])
  const issued = await issueForPayment(
    context,
    catalog,
    {
      ...cause,
      userId,
      userEmail,
      tier: tier.name,
      seats: tier.seats,
      durationDays: days ?? tier.defaultDurationDays,
      durationChosen: days !== undefined || expiresAt !== undefined,
      ...(expiresAt !== undefined && { paidUntil: expiresAt }),
      paymentIntentId,
      ahead,
      ...(request && {
        request: {
          kind: 'request',
          key: `${caller.tokenId}#${request.key}`,
          fingerprint: createHash('sha256').update(asked).digest('base64url'),
          ...(request.lasts && { expiresAt: now + DAY_MS }),
        },
      }),
    },
    paymentIntentId,
  )
  if (!issued.ok) {
    return { ok: false, code: issued.error, error: PROBLEMS[issued.error].error }
  }
  const { license, key, repeated } = issued.value
  return { ok: true, id: license.id, license: key, repeated }
}

async function take(
  row: Row & { readonly license: string },
  context: AdminContext,
  cause: Cause,
): Promise<RowResponse> {
  const { userId, userEmail = null, tier, license: key, expiresAt, duration: days } = row
  if (row.paymentIntentId) {
    return refused(
      'INVALID_REQUEST',
      'paymentIntentId',
      'must not be there with a key that was sold',
    )
  }
  if (expiresAt === undefined && days === undefined) {
    return refused(
      'INVALID_REQUEST',
      'expiresAt',
      'must be there, or duration, for a key that was sold',
    )
  }
  const issuedAt = Number(key.trim().split('-').at(-1)) * 1000
  const taken = await importLicense(context, {
    ...cause,
    key,
    userId,
    userEmail,
    tier: tier.name,
    seats: tier.seats,
    expiresAt: expiresAt !== undefined ? expiresAt : endOf(issuedAt, days ?? LIFETIME),
  })
  if (taken.ok) {
    const { license, repeated } = taken.value
    return { ok: true, id: license.id, license: taken.value.key, repeated }
  }
  if (taken.error === 'MISMATCH') {
    return refused(
      'INVALID_REQUEST',
      'license',
      'must be what a master key makes for this user and tier',
    )
  }
  return {
    ok: false,
    code: taken.error,
    error: 'The key is on record for somebody else, or was replaced',
  }
}

const endOf = (issuedAt: number, days: number) =>
  days === LIFETIME ? null : issuedAt + days * DAY_MS
