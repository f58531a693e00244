import * as z from 'zod/mini'
import { listUnmatchedPurchases } from '../stripe/unmatched.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { type AdminContext, defineRoute, type Route } from './route.ts'
import { DEFAULT_LIMIT, limit } from './schemas.ts'

const purchaseResponse = z.object({
  purchase: z.string(),
  alerts: z.array(z.string()),
  at: z.number(),
  customerId: z.nullable(z.string()),
  subscriptionId: z.nullable(z.string()),
  paymentIntentId: z.nullable(z.string()),
  userId: z.nullable(z.string()),
  userEmail: z.nullable(z.string()),
})

const query = z.object({ limit: z.optional(limit), cursor: z.optional(z.string()) })

/** Part of every cursor. Both paths share it, so that a cursor of one works on the other. */
const LIST = { list: 'parked' }

async function respond({ store }: AdminContext, request: { query: z.output<typeof query> }) {
  const { limit: pageSize = DEFAULT_LIMIT, cursor } = request.query
  const position = cursor === undefined ? undefined : decodeCursor(cursor, LIST)
  const after = position && { id: position.id, since: position.at }
  const items = await listUnmatchedPurchases(store, pageSize, after)
  const last = items.length === pageSize ? items.at(-1) : undefined
  return {
    items,
    ...(last && { cursor: encodeCursor({ id: last.purchase, at: last.at }, LIST) }),
  }
}

const listAt = (path: string, summary: string, deprecated = false): Route =>
  defineRoute({
    method: 'GET',
    path,
    scope: 'licenses:read',
    summary,
    ...(deprecated && { deprecated }),
    query,
    response: z.object({ items: z.array(purchaseResponse), cursor: z.optional(z.string()) }),
    respond,
  })

export const UNMATCHED_PURCHASE_ROUTES: readonly Route[] = [
  listAt(
    '/unmatched-purchases',
    'Lists paid purchases that match no tier, newest first. Issue a license with the `purchase` as its ' +
      '`paymentIntentId` to resolve one.',
  ),
  listAt('/parked', 'Former name of `/api/admin/unmatched-purchases`.', true),
]
