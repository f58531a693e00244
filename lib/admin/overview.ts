/** How the business stands. */

import * as z from 'zod/mini'
import { type Overview, readOverview, STATES } from '../license/index.ts'
import { defineRoute } from './route.ts'

const ofEachState = z.object(
  Object.fromEntries(STATES.map((state) => [state, z.number()])) as Record<
    (typeof STATES)[number],
    z.ZodMiniNumber
  >,
)

/** Whoever has more to look at needs no better number. */
const MAX_PARKED = 100

export const OVERVIEW_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/overview',
    scope: 'licenses:read',
    summary:
      'How many licenses stand how, at the last full minute, and how many were issued on each of the last thirty days in ' +
      'UTC. It costs the same however many licenses there are. What was changed is in it some moments later. ' +
      '`verifiesPerDay` is null where nobody counts them, and while CloudWatch does not answer. `parked` counts the ' +
      'purchases that wait for a person, up to 100.',
    response: z.object({
      at: z.number(),
      states: ofEachState,
      trials: z.number(),
      total: z.number(),
      expiringSoon: z.number(),
      byTier: z.array(z.object({ tier: z.string(), good: z.number() })),
      issuedPerDay: z.array(z.object({ day: z.string(), issued: z.number() })),
      verifiesPerDay: z.nullable(
        z.array(z.object({ day: z.string(), valid: z.number(), refused: z.number() })),
      ),
      parked: z.number(),
    }),
    async respond({ summary, verifiesPerDay, store, now, catalog }) {
      const [{ validByTier: goodByTier, ...seen }, verifies, parked] = await Promise.all([
        readOverview({ summary, now }),
        verifiesPerDay(now),
        store.listForReview(MAX_PARKED),
      ])
      return {
        ...seen,
        byTier: byTier(goodByTier, Object.keys(catalog.tiers)),
        verifiesPerDay: verifies,
        parked: parked.length,
      }
    },
  }),
]

/** Those of the catalog in its order, whether anybody has them or not; then those that it had once. */
function byTier(good: Overview['validByTier'], sold: readonly string[]) {
  const tiers = new Set([...sold, ...[...good.keys()].toSorted()])
  return [...tiers].map((tier) => ({ tier, good: good.get(tier) ?? 0 }))
}
