/**
 * The schema of the catalog, for the build, the tests and editors. Functions import only the data, so an invalid catalog
 * fails the build, with the path of each fault, and never a request.
 */

import * as z from 'zod'
import { LIFETIME, MAX_LEASE_DAYS, TIER_NAME } from '../license/index.ts'
import { MAX_DURATION_DAYS } from './limits.ts'

const KEY_PREFIX = /^[A-Z][A-Z0-9]{0,15}$/

const tierSchema = z.strictObject({
  /** The name that customers see. */
  label: z.string().min(1),
  /** The features for people, one line each, in the email with the key. */
  highlights: z.array(z.string().min(1)),
  /** The feature flags of the client application, in this order. */
  features: z.array(z.string().min(1)),
  /** The duration in days of a license that is issued without one; -1 for a lifetime license. */
  defaultDurationDays: z.union([z.literal(LIFETIME), z.int().min(1).max(MAX_DURATION_DAYS)]),
  /** The number of devices that may be active at once. */
  seats: z.int().min(1),
  /** If true, a key is valid only on activated devices. */
  requireDevice: z.boolean(),
  /** The number of days that an activated device may run offline. */
  leaseDays: z.int().min(0).max(MAX_LEASE_DAYS),
  /** The number of days that access continues after a failed renewal. */
  graceDays: z.int().min(0).max(365),
  /** The Stripe prices of this tier. */
  stripePriceIds: z.array(z.string().regex(/^price_\w+$/)),
})

const link = z.url({ protocol: /^https?$/ })

/** The design and the links of emails. */
const mailSchema = z.strictObject({
  /** The color of the button as `#rrggbb`; its text is white. */
  color: z.string().regex(/^#[0-9a-f]{6}$/i),
  /** The logo, shown 40 pixels high; null shows the name of the product. */
  logoUrl: z.nullable(link),
  supportEmail: z.email(),
  /** Instructions for activating a key. */
  howToActivate: z.string().min(1),
  links: z.strictObject({
    /** The page where customers enter a key. */
    app: link,
    /** The page where customers change their card or cancel. */
    billing: link,
    /** The page where customers buy a license again. */
    renew: link,
  }),
  /** If true, each paid renewal sends an email in addition to Stripe's receipt. */
  sendsRenewals: z.boolean(),
})

const catalogSchema = z
  .strictObject({
    /** Without line breaks, since subjects and sender names contain it. */
    productName: z.string().regex(/^[^\r\n]+$/),
    /** The prefix of every key. Issued keys keep it, so it cannot change after the first sale. */
    prefix: z.string().regex(KEY_PREFIX),
    /** The number of devices that may replace released ones within 30 days. */
    deviceSwaps: z.int().min(0).max(1000),
    /** The rate limit: failed attempts per window, for unknown keys and tokens by address and for full licenses by license. */
    tries: z.strictObject({
      failures: z.int().min(1).max(10_000),
      minutes: z.int().min(1).max(1440),
    }),
    /** The tier whose features remain usable after expiry. */
    fallbackTier: z.string(),
    mail: mailSchema,
    tiers: z.record(z.string().regex(TIER_NAME), tierSchema),
  })
  .check(({ value: catalog, issues }) => {
    if (!Object.hasOwn(catalog.tiers, catalog.fallbackTier)) {
      issues.push({
        code: 'custom',
        path: ['fallbackTier'],
        message: `There is no tier ${JSON.stringify(catalog.fallbackTier)}`,
        input: catalog.fallbackTier,
      })
    }
    const seen = new Map<string, string>()
    for (const [name, tier] of Object.entries(catalog.tiers)) {
      for (const [index, price] of tier.stripePriceIds.entries()) {
        const other = seen.get(price)
        if (other !== undefined) {
          issues.push({
            code: 'custom',
            path: ['tiers', name, 'stripePriceIds', index],
            message: `${price} already buys the tier ${other}`,
            input: price,
          })
        }
        seen.set(price, name)
      }
    }
  })

export type Tier = Readonly<z.output<typeof tierSchema>>
export type Catalog = Readonly<z.output<typeof catalogSchema>>

/** Returns one line per fault of a catalog, each starting with its path. Empty for a valid catalog. */
export function catalogFaults(candidate: unknown): string[] {
  const { error } = catalogSchema.safeParse(candidate)
  return (error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.') || 'catalog'}: ${message}`,
  )
}
