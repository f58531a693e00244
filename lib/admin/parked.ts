/** Purchases that wait for a person. */

import * as z from 'zod/mini'
import { listUnmatchedPurchases } from '../stripe/unmatched.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { DEFAULT_LIMIT, limit } from './fields.ts'
import { aRoute } from './route.ts'

const parkedAnswer = z.object({
  purchase: z.string(),
  alerts: z.array(z.string()),
  at: z.number(),
  customerId: z.nullable(z.string()),
  subscriptionId: z.nullable(z.string()),
  paymentIntentId: z.nullable(z.string()),
  userId: z.nullable(z.string()),
  userEmail: z.nullable(z.string()),
})

const LIST = { list: 'parked' }

export const PARKED_ROUTES = [
  aRoute({
    method: 'GET',
    path: '/parked',
    scope: 'licenses:read',
    summary:
      'Lists purchases that were paid and that nobody can say the tier of, newest first. A license that is issued with ' +
      'the `purchase` as its `paymentIntentId` settles one.',
    query: z.object({ limit: z.optional(limit), cursor: z.optional(z.string()) }),
    answer: z.object({ items: z.array(parkedAnswer), cursor: z.optional(z.string()) }),
    async respond({ store }, { query: { limit: wanted = DEFAULT_LIMIT, cursor } }) {
      const place = cursor === undefined ? undefined : fromCursor(cursor, LIST)
      const after = place && { id: place.id, since: place.at }
      const items = await listUnmatchedPurchases(store, wanted, after)
      const last = items.at(-1)
      return {
        items,
        ...(last &&
          items.length === wanted && {
            cursor: toCursor({ id: last.purchase, at: last.at }, LIST),
          }),
      }
    },
  }),
]
