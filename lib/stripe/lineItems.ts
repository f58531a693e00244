import type { Catalog } from '../catalog/schema.ts'
import { findTier } from '../catalog/tier.ts'
import type { Facts } from './facts.ts'
import { type ById, compare } from './merge.ts'
import type { Priced } from './session.ts'
import type { SubscriptionItem } from './subscription.ts'

/** Why a purchase cannot become a license, although somebody paid. */
const PURCHASE_ISSUES = ['TIER_MISSING', 'TIER_UNKNOWN', 'PRICE_MISSING', 'PRICE_UNKNOWN'] as const
export type PurchaseIssue = (typeof PURCHASE_ISSUES)[number]

/** Whether what a person has to look at keeps a purchase from its license. */
export const needsReview = (alerts: readonly string[]) =>
  PURCHASE_ISSUES.some((problem) => alerts.includes(problem))

/** What was sold. */
interface SoldTier {
  readonly tier: string
  readonly quantity: number
  /** The items of the subscription that it is for. */
  readonly items: readonly SubscriptionItem[]
}

export interface TierResolution {
  /** Absent when nothing that was said so far names a tier of the catalog. */
  readonly offer?: SoldTier
  /** What is wrong with what was said last. */
  readonly problem?: PurchaseIssue
  /** The vendor's server said one tier and the price is another's. */
  readonly mismatch: boolean
}

/**
 * Which tier a purchase is of. Where the catalog has Stripe prices, the price decides, since that is what was paid;
 * otherwise the vendor's server does, by the metadata. What was sold before and cannot be read any more stays sold.
 */
export function resolveTier(facts: Facts, catalog: Catalog): TierResolution {
  const named = namedTiers(facts)
  const tiers = new Map(
    Object.entries(catalog.tiers).flatMap(([name, { stripePriceIds }]) =>
      stripePriceIds.map((price): [string, string] => [price, name]),
    ),
  )
  if (tiers.size === 0) return byName(facts, named, catalog)
  const sold = byPrice(facts, tiers, Object.keys(catalog.tiers))
  return {
    ...sold,
    mismatch: sold.offer !== undefined && (named[0] ?? sold.offer.tier) !== sold.offer.tier,
  }
}

const subscriptionOf = ({ subscriptions }: Facts) => Object.values(subscriptions)[0]

const itemsOf = (facts: Facts) => subscriptionOf(facts)?.now.items ?? []

/** From the newest to the oldest. */
const newestFirst = (said: ById<number>) =>
  Object.entries(said)
    .sort(([a, atA], [b, atB]) => atB - atA || (a < b ? -1 : 1))
    .map(([name]) => name)

const invoicesOf = ({ invoices }: Facts) =>
  Object.entries(invoices)
    .sort(([a, x], [b, y]) => compare([y.at], [x.at]) || (a < b ? -1 : 1))
    .map(([, invoice]) => invoice)

/** The tiers that the metadata name, the one that counts first. */
function namedTiers(facts: Facts): readonly string[] {
  const subscription = subscriptionOf(facts)
  return [
    subscription?.now.tier,
    ...newestFirst(subscription?.tiers ?? {}),
    ...Object.values(facts.sessions).map(({ tier }) => tier),
    ...invoicesOf(facts).map(({ tier }) => tier),
  ].filter((tier) => typeof tier === 'string')
}

function byName(facts: Facts, named: readonly string[], catalog: Catalog): TierResolution {
  const known = named.find((name) => findTier(catalog, name))
  const items = itemsOf(facts)
  const bought: readonly Priced[] =
    items.length > 0 ? items : Object.values(facts.sessions).flatMap(({ prices }) => prices ?? [])
  return {
    mismatch: false,
    ...(known !== undefined && {
      offer: {
        tier: known,
        // The first is what was chosen; more of it is for more people, and others come on top.
        quantity: bought[0]?.quantity ?? 1,
        items,
      },
    }),
    ...(known !== named[0] && { problem: 'TIER_UNKNOWN' }),
    ...(named.length === 0 && { problem: 'TIER_MISSING' }),
  }
}

/** Of several tiers in one purchase the best counts: the last one in the catalog. */
function byPrice(facts: Facts, tiers: ReadonlyMap<string, string>, ranks: readonly string[]) {
  const subscription = subscriptionOf(facts)
  const items = itemsOf(facts)
  const tierOf = (price: string | null) => (price === null ? '' : (tiers.get(price) ?? ''))
  const candidates: (readonly Priced[])[] = [
    items,
    ...newestFirst(subscription?.prices ?? {}).map((price) => [{ price, quantity: 1 }]),
    ...Object.values(facts.sessions).map(({ prices }) => prices ?? []),
    ...invoicesOf(facts).map(({ prices }) => prices),
  ].filter((prices) => prices.some(({ price }) => price !== null))
  for (const prices of candidates) {
    const rank = Math.max(...prices.map(({ price }) => ranks.indexOf(tierOf(price))))
    const tier = ranks[rank]
    if (tier === undefined) continue
    const isOf = ({ price }: Priced) => tierOf(price) === tier
    const quantity = prices.filter(isOf).reduce((sum, bought) => sum + bought.quantity, 0)
    const own = items.filter(isOf)
    const offer = { tier, quantity, items: own.length > 0 ? own : items }
    return prices === candidates[0] ? { offer } : { offer, problem: 'PRICE_UNKNOWN' as const }
  }
  return {
    problem: candidates.length === 0 ? ('PRICE_MISSING' as const) : ('PRICE_UNKNOWN' as const),
  }
}
