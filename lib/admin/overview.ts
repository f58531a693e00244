import * as z from 'zod/mini'
import { readOverview, STATES } from '../license/index.ts'
import { defineRoute } from './route.ts'

const countByState = z.object(
  Object.fromEntries(STATES.map((state) => [state, z.number()])) as Record<
    (typeof STATES)[number],
    z.ZodMiniNumber
  >,
)

/** The display limit; larger counts show as "100+". */
const MAX_UNMATCHED = 100

export const OVERVIEW_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/overview',
    scope: 'licenses:read',
    summary:
      'Returns the number of licenses by state as of the last full minute, and of those issued on each of the last 30 UTC ' +
      'days. Changes appear after a few seconds. The cost does not depend on the number of licenses. ' +
      '`verifiesPerDay` is null if verifications are not counted or CloudWatch is unavailable. `parked` is the number of ' +
      'unmatched purchases, up to 100.',
    response: z.object({
      at: z.number(),
      states: countByState,
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
      const [{ validByTier: goodByTier, ...counts }, verifies, unmatched] = await Promise.all([
        readOverview({ summary, now }),
        verifiesPerDay(now),
        store.listForReview(MAX_UNMATCHED),
      ])
      return {
        ...counts,
        byTier: byTier(goodByTier, Object.keys(catalog.tiers)),
        verifiesPerDay: verifies,
        parked: unmatched.length,
      }
    },
  }),
]

/** Lists the tiers of the catalog in its order, and then those that it no longer contains. */
function byTier(good: ReadonlyMap<string, number>, catalogTiers: readonly string[]) {
  const tiers = new Set([...catalogTiers, ...[...good.keys()].toSorted()])
  return [...tiers].map((tier) => ({ tier, good: good.get(tier) ?? 0 }))
}
