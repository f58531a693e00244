/**
 * What a catalog must hold. Read by the build, by the tests and by editors; a running function imports the data
 * only, so a fault in it stops the build with its path and never a request.
 */

import * as z from 'zod'
import { LIFETIME, MAX_LEASE_DAYS, TIER_NAME } from '../license/index.ts'
import { MAX_DURATION_DAYS } from './limits.ts'

const KEY_PREFIX = /^[A-Z][A-Z0-9]{0,15}$/

const tierSchema = z.strictObject({
  /** What a customer reads. */
  label: z.string().min(1),
  /** The same for people, a line each, in the mail with the key. */
  highlights: z.array(z.string().min(1)),
  /** What the client application switches on, in this order. */
  features: z.array(z.string().min(1)),
  /** Days of a license that was asked for without a duration; -1 is for life. */
  defaultDurationDays: z.union([z.literal(LIFETIME), z.int().min(1).max(MAX_DURATION_DAYS)]),
  /** How many devices may be active at once. */
  seats: z.int().min(1),
  /** Whether a key is good on devices that were activated only. */
  requireDevice: z.boolean(),
  /** How many days an activated device may go on without asking. */
  leaseDays: z.int().min(0).max(MAX_LEASE_DAYS),
  /** How many days access goes on after a failed renewal. */
  graceDays: z.int().min(0).max(365),
  /** The Stripe prices that buy this tier. */
  stripePriceIds: z.array(z.string().regex(/^price_\w+$/)),
})

const link = z.url({ protocol: /^https?$/ })

/** How mails look and where they lead. */
const mailSchema = z.strictObject({
  /** Of the button, as `#rrggbb`; the text on it is white. */
  color: z.string().regex(/^#[0-9a-f]{6}$/i),
  /** Shown 40 pixels high; null for the product's name in its place. */
  logoUrl: z.nullable(link),
  supportEmail: z.email(),
  /** What a customer does with a key. */
  howToActivate: z.string().min(1),
  links: z.strictObject({
    /** Where a key is used. */
    app: link,
    /** Where a card is changed and a subscription ended. */
    billing: link,
    /** Where a license is bought again. */
    renew: link,
  }),
  /** Whether every renewal that was paid is told of, besides what Stripe sends. */
  sendsRenewals: z.boolean(),
})

const catalogSchema = z
  .strictObject({
    /** Without line breaks, since it stands in subjects and senders. */
    productName: z.string().regex(/^[^\r\n]+$/),
    /** Begins every key. Keys that were sold keep it, so it cannot change after the first sale. */
    prefix: z.string().regex(KEY_PREFIX),
    /** How many devices may take the place of released ones within thirty days. */
    deviceSwaps: z.int().min(0).max(1000),
    /**
     * How many wrong keys or tokens of one address are answered in how many minutes, and how often a license is told that
     * its seats are taken.
     */
    tries: z.strictObject({
      failures: z.int().min(1).max(10_000),
      minutes: z.int().min(1).max(1440),
    }),
    /** What an expired customer may still use. */
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

/** A line for each fault of a catalog, beginning with its path; none when it is good. */
export function catalogFaults(candidate: unknown): string[] {
  const { error } = catalogSchema.safeParse(candidate)
  return (error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.') || 'catalog'}: ${message}`,
  )
}
