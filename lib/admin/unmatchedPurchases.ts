import * as z from 'zod/mini'
import { listUnmatchedPurchases } from '../stripe/unmatched.ts'
import { cursorAfter, decodeCursor } from './cursor.ts'
import { defineRoute, type Route } from './route.ts'
import { DEFAULT_LIMIT, pageQuery, pageResponse } from './schemas.ts'

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

/** Both paths share their cursors. */
const LIST = { list: 'parked' }

const defineList = (path: string, summary: string, deprecated = false) =>
  defineRoute({
    method: 'GET',
    path,
    scope: 'licenses:read',
    summary,
    ...(deprecated && { deprecated }),
    query: pageQuery,
    response: pageResponse(purchaseResponse),
    async respond({ store }, { query: { limit = DEFAULT_LIMIT, cursor } }) {
      const position = cursor === undefined ? undefined : decodeCursor(cursor, LIST)
      const after = position && { id: position.id, since: position.at }
      const items = await listUnmatchedPurchases(store, limit, after)
      const toPosition = ({ purchase: id, at }: (typeof items)[number]) => ({ id, at })
      return { items, ...cursorAfter(items, limit, toPosition, LIST) }
    },
  })

export const UNMATCHED_PURCHASE_ROUTES: readonly Route[] = [
  defineList(
    '/unmatched-purchases',
    'Lists paid purchases that match no tier, newest first. Issue a license with the `purchase` as its ' +
      '`paymentIntentId` to resolve one.',
  ),
  defineList('/parked', 'Former name of `/api/admin/unmatched-purchases`.', true),
]
