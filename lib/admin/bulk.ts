/** Issues or imports several licenses in one request. */

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
/** The end of the year 9999. ISO 8601 dates have four digits for the year. */
const MAX_TIME = Date.UTC(10_000, 0) - 1
/** Number of rows processed in parallel. */
const CONCURRENCY = 10

export const rowSchema = (catalog: Catalog) =>
  z.extend(generateSchema(catalog), {
    /** An existing key to import. */
    license: z.optional(id),
    /** Milliseconds since the epoch instead of a duration; null for never. */
    expiresAt: z.optional(
      z.nullable(
        z
          .int('must be milliseconds')
          .check(
            z.minimum(0, 'must be at least 0'),
            z.maximum(MAX_TIME, 'must be before the year 10000'),
          ),
      ),
    ),
    /** The caller's own id of the row, which makes it idempotent. */
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

const failed = (code: ProblemCode, fields?: RowResponse['fields']): RowResponse => ({
  ok: false,
  code,
  error: PROBLEMS[code].error,
  ...(fields && { fields }),
})

const invalid = (path: string, message: string) => failed('INVALID_REQUEST', [{ path, message }])

export const bulkRoutes = (catalog: Catalog): readonly Route[] => {
  const schema = rowSchema(catalog)
  return [
    defineRoute({
      method: 'POST',
      path: '/licenses/bulk',
      scope: 'licenses:issue',
      summary:
        'Issues up to 100 licenses, with one result per row in the same order. A row with `license` imports an existing key. ' +
        'Rows are idempotent by `paymentIntentId`, `license` or your own `ref`, otherwise by the Idempotency-Key header.',
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
        const countEarlier = createCounter()
        for (let start = 0; start < body.rows.length; start += CONCURRENCY) {
          const part = body.rows.slice(start, start + CONCURRENCY)
          const pending = part.map((row, index) =>
            processRow(
              context,
              schema,
              row,
              start + index,
              body.reason ?? 'bulk',
              countEarlier(row),
            ),
          )
          results.push(...(await Promise.all(pending)))
        }
        return { results }
      },
    }),
  ]
}

async function processRow(
  context: AdminContext,
  schema: ReturnType<typeof rowSchema>,
  input: unknown,
  index: number,
  reason: string,
  earlierRows: number,
): Promise<RowResponse> {
  const parsed = z.safeParse(schema, input)
  if (!parsed.success) return failed('INVALID_REQUEST', toFieldErrors(parsed.error))
  const row = parsed.data
  const cause = {
    actor: `token:${context.caller.tokenId}`,
    reason,
    requestId: context.requestId,
  }
  return row.license === undefined
    ? issue(context, row, index, cause, earlierRows)
    : importKey({ ...row, license: row.license }, context, cause)
}

type Cause = Pick<IssueRequest, 'actor' | 'reason' | 'requestId'>

/** Returns the idempotency key of a row: a permanent `ref`, or that of the request, which is kept for a day. */
function toRequestKey({ idempotencyKey }: AdminContext, { ref }: Row, index: number) {
  if (ref !== undefined) return { key: `ref#${ref}`, expires: false }
  const key = idempotencyKey()
  return key === undefined ? undefined : { key: `${key}#${index}`, expires: true }
}

/** Counts the earlier rows of the same user and tier, because each needs a second of its own. */
function createCounter() {
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
  earlierRows: number,
): Promise<RowResponse> {
  const { userId, userEmail = null, tier, duration: days, paymentIntentId = null, expiresAt } = row
  const { caller, catalog, now } = context
  const request = toRequestKey(context, row, index)
  if (paymentIntentId === null && request === undefined) {
    return invalid(
      'ref',
      'is required, unless there is a paymentIntentId or an Idempotency-Key header',
    )
  }
  const fields = JSON.stringify([
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
      ahead: earlierRows,
      ...(request && {
        request: {
          kind: 'request',
          key: `${caller.tokenId}#${request.key}`,
          fingerprint: createHash('sha256').update(fields).digest('base64url'),
          ...(request.expires && { expiresAt: now + DAY_MS }),
        },
      }),
    },
    paymentIntentId,
  )
  if (!issued.ok) return failed(issued.error)
  const { license, key, repeated } = issued.value
  return { ok: true, id: license.id, license: key, repeated }
}

async function importKey(
  row: Row & { readonly license: string },
  context: AdminContext,
  cause: Cause,
): Promise<RowResponse> {
  const { userId, userEmail = null, tier, license: key, expiresAt, duration: days } = row
  if (row.paymentIntentId) {
    return invalid('paymentIntentId', 'must be absent when importing a key')
  }
  if (expiresAt === undefined && days === undefined) {
    return invalid('expiresAt', 'or duration is required when importing a key')
  }
  const issuedAt = Number(key.trim().split('-').at(-1)) * 1000
  const imported = await importLicense(context, {
    ...cause,
    key,
    userId,
    userEmail,
    tier: tier.name,
    seats: tier.seats,
    expiresAt: expiresAt !== undefined ? expiresAt : toExpiry(issuedAt, days ?? LIFETIME),
  })
  if (imported.ok) {
    const { license, repeated } = imported.value
    return { ok: true, id: license.id, license: imported.value.key, repeated }
  }
  if (imported.error === 'MISMATCH') {
    return invalid('license', 'must be derived from a master key for this user and tier')
  }
  return {
    ok: false,
    code: imported.error,
    error: 'The key is already in use by another user, or was replaced',
  }
}

const toExpiry = (issuedAt: number, days: number) =>
  days === LIFETIME ? null : issuedAt + days * DAY_MS
