import * as z from 'zod/mini'
import { defineRoute } from './route.ts'

const tierResponse = z.object({
  name: z.string(),
  label: z.string(),
  highlights: z.array(z.string()),
  features: z.array(z.string()),
  defaultDurationDays: z.number(),
  seats: z.number(),
  requireDevice: z.boolean(),
  leaseDays: z.number(),
  graceDays: z.number(),
  stripePriceIds: z.array(z.string()),
})

export const CATALOG_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/catalog',
    scope: 'licenses:read',
    summary:
      'Returns the catalog: the tiers, lowest first, and the settings that apply to all of them.',
    response: z.object({
      productName: z.string(),
      prefix: z.string(),
      fallbackTier: z.string(),
      deviceSwaps: z.number(),
      tries: z.object({ failures: z.number(), minutes: z.number() }),
      mail: z.object({
        color: z.string(),
        logoUrl: z.nullable(z.string()),
        supportEmail: z.string(),
        howToActivate: z.string(),
        links: z.object({ app: z.string(), billing: z.string(), renew: z.string() }),
        sendsRenewals: z.boolean(),
      }),
      tiers: z.array(tierResponse),
    }),
    async respond({ catalog: { tiers, ...common } }) {
      return {
        ...common,
        tiers: Object.entries(tiers).map(([name, tier]) => ({ name, ...tier })),
      }
    },
  }),
]
