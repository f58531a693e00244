import type { Catalog } from '../catalog/schema.ts'
import { findTier } from '../catalog/tier.ts'
import type { Facts } from './facts.ts'
import { compare, newestFirst } from './merge.ts'
import type { Priced } from './session.ts'
import type { SubscriptionItem } from './subscription.ts'

/** Reasons why a paid purchase has no license. */
const PURCHASE_ISSUES = ['TIER_MISSING', 'TIER_UNKNOWN', 'PRICE_MISSING', 'PRICE_UNKNOWN'] as const
export type PurchaseIssue = (typeof PURCHASE_ISSUES)[number]

/** True if the alerts of a purchase mean that its tier is unknown. */
export const needsReview = (alerts: readonly string[]) =>
  PURCHASE_ISSUES.some((issue) => alerts.includes(issue))

interface SoldTier {
  readonly tier: string
  readonly quantity: number
  /** The items of the subscription that the tier is for. */
  readonly items: readonly SubscriptionItem[]
}

export interface TierResolution {
  /** Absent if no fact names a tier of the catalog. */
  readonly sold?: SoldTier
  /** The reason why the newest fact does not name a tier of the catalog. */
  readonly issue?: PurchaseIssue
  /** The metadata name another tier than the price. */
  readonly mismatch: boolean
}

/**
 * Resolves the tier that was sold. If the catalog has Stripe prices, the price decides, since it was paid; otherwise
 * the metadata that the vendor's server set. If the newest facts name no tier, the last tier that was named stays.
 */
export function resolveTier(facts: Facts, catalog: Catalog): TierResolution {
  const named = listNamedTiers(facts)
  const tiers = new Map(
    Object.entries(catalog.tiers).flatMap(([name, { stripePriceIds }]) =>
      stripePriceIds.map((price): [string, string] => [price, name]),
    ),
  )
  if (tiers.size === 0) return resolveByName(facts, named, catalog)
  const resolved = resolveByPrice(facts, tiers, Object.keys(catalog.tiers))
  const { sold } = resolved
  return { ...resolved, mismatch: sold !== undefined && (named[0] ?? sold.tier) !== sold.tier }
}

const findSubscription = ({ subscriptions }: Facts) => Object.values(subscriptions)[0]

const listItems = (facts: Facts) => findSubscription(facts)?.now.items ?? []

/** Lists invoices from the newest to the oldest. */
const listInvoices = ({ invoices }: Facts) =>
  Object.entries(invoices)
    .sort(([a, x], [b, y]) => compare([y.at], [x.at]) || (a < b ? -1 : 1))
    .map(([, invoice]) => invoice)

/** Lists the tiers that the metadata name, the decisive one first. */
function listNamedTiers(facts: Facts): readonly string[] {
  const subscription = findSubscription(facts)
  return [
    subscription?.now.tier,
    ...newestFirst(subscription?.tiers ?? {}),
    ...Object.values(facts.sessions).map(({ tier }) => tier),
    ...listInvoices(facts).map(({ tier }) => tier),
  ].filter((tier) => typeof tier === 'string')
}

function resolveByName(facts: Facts, named: readonly string[], catalog: Catalog): TierResolution {
  const tier = named.find((name) => findTier(catalog, name))
  const items = listItems(facts)
  const bought: readonly Priced[] =
    items.length > 0 ? items : Object.values(facts.sessions).flatMap(({ prices }) => prices ?? [])
  return {
    mismatch: false,
    // The first item is the plan; its quantity is the number of seats. Further items are add-ons.
    ...(tier !== undefined && { sold: { tier, quantity: bought[0]?.quantity ?? 1, items } }),
    ...(tier !== named[0] && { issue: 'TIER_UNKNOWN' }),
    ...(named.length === 0 && { issue: 'TIER_MISSING' }),
  }
}

/** Of several tiers in one purchase, the highest counts: the last one in the catalog. */
function resolveByPrice(
  facts: Facts,
  tiers: ReadonlyMap<string, string>,
  ranks: readonly string[],
): Omit<TierResolution, 'mismatch'> {
  const items = listItems(facts)
  const toTier = (price: string | null) => (price === null ? '' : (tiers.get(price) ?? ''))
  const candidates: (readonly Priced[])[] = [
    items,
    ...newestFirst(findSubscription(facts)?.prices ?? {}).map((price) => [{ price, quantity: 1 }]),
    ...Object.values(facts.sessions).map(({ prices }) => prices ?? []),
    ...listInvoices(facts).map(({ prices }) => prices),
  ].filter((prices) => prices.some(({ price }) => price !== null))
  for (const prices of candidates) {
    const rank = Math.max(...prices.map(({ price }) => ranks.indexOf(toTier(price))))
    const tier = ranks[rank]
    if (tier === undefined) continue
    const isOfTier = ({ price }: Priced) => toTier(price) === tier
    const quantity = prices.filter(isOfTier).reduce((sum, bought) => sum + bought.quantity, 0)
    const own = items.filter(isOfTier)
    const sold = { tier, quantity, items: own.length > 0 ? own : items }
    return prices === candidates[0] ? { sold } : { sold, issue: 'PRICE_UNKNOWN' }
  }
  return { issue: candidates.length === 0 ? 'PRICE_MISSING' : 'PRICE_UNKNOWN' }
}
