import type { Catalog } from '../catalog/schema.ts'
import { findTier } from '../catalog/tier.ts'
import { type Billing, DAY_MS, type Entitlement, LIFETIME, type Risk } from '../license/index.ts'
import { hasBegun, toBilling } from './billing.ts'
import type { CustomerFact } from './customer.ts'
import type { Facts } from './facts.ts'
import { firstKnown } from './fields.ts'
import { type PurchaseIssue, resolveTier } from './lineItems.ts'
import { type ById, dated, newer } from './merge.ts'
import { toRisk } from './risk.ts'
import type { SessionFact } from './session.ts'

/** What the facts of a purchase amount to. */
export interface Derivation {
  /** Absent while nothing was bought, or nobody can say what. */
  readonly entitlement?: Entitlement
  readonly risk: Risk
  /** Why there is none, or why it may not be what was bought last: a person has to look. */
  readonly problem?: PurchaseIssue
  readonly mismatch: boolean
  /** What only Stripe can say: which state of the subscription is the last, what a checkout or an invoice was for. */
  readonly lacks?: 'subscription' | 'lineItems' | 'invoiceLines'
}

/**
 * Turns facts into an entitlement: the same ones, in whatever order they came, always into the same.
 *
 * @param ordered whether somebody ordered a license for it, which then is to follow also what never began
 */
export function derive(
  facts: Facts,
  customer: CustomerFact,
  catalog: Catalog,
  ordered = false,
): Derivation {
  const [subscription] = Object.values(facts.subscriptions)
  const [session] = Object.values(facts.sessions).filter(isCompleted)
  const invoices = Object.values(facts.invoices)
  const { offer, problem, mismatch } = resolveTier(facts, catalog)
  const oneTime = !subscription && session?.mode === 'payment'
  const tier = offer && findTier(catalog, offer.tier)
  const account = tier && { subscription, items: offer.items, invoices, graceDays: tier.graceDays }

  // A checkout of a subscription says little by itself: the subscription is still to come.
  const begun = hasBegun({ subscription, invoices })
  const risk = toRisk(facts)
  const known = {
    risk,
    mismatch,
    ...(problem && (oneTime || begun) && { problem }),
    ...(invoices.some(({ truncated }) => truncated) && { lacks: 'invoiceLines' as const }),
    ...(subscription?.tied && { lacks: 'subscription' as const }),
    ...(problem === 'PRICE_MISSING' && oneTime && { lacks: 'lineItems' as const }),
  }
  if (!offer || !account || !(session || begun || (ordered && subscription))) return known
  return {
    ...known,
    entitlement: {
      userId: findUserId(facts, customer),
      userEmail: findUserEmail(facts, customer),
      tier: offer.tier,
      seats: offer.quantity > 1 ? offer.quantity : tier.seats,
      paymentIntentId: oneTime ? session.paymentIntentId : null,
      ...findPayer(facts),
      billing: oneTime ? oneTimeBilling(session, tier.defaultDurationDays) : toBilling(account),
      risk,
    },
  }
}

const isCompleted = ({ payment }: SessionFact) => payment !== 'expired'

function oneTimeBilling({ payment, paidAt, at }: SessionFact, days: number): Billing {
  if (payment === 'paid') {
    return { status: 'paid', paidUntil: days === LIFETIME ? null : (paidAt ?? at) + days * DAY_MS }
  }
  return payment === 'failed'
    ? { status: 'ended', paidUntil: at }
    : { status: 'pending', paidUntil: null }
}

export function findPayer({ sessions, subscriptions, invoices }: Facts) {
  const [[id, subscription] = []] = Object.entries(subscriptions)
  const all = Object.values(sessions)
  return {
    customerId: firstKnown(
      subscription?.now.customerId ?? null,
      ...all.map(({ customerId }) => customerId),
      ...Object.values(invoices).map(({ customerId }) => customerId),
    ),
    subscriptionId: id ?? firstKnown(...all.map(({ subscriptionId }) => subscriptionId)),
  }
}

export function findUserId(facts: Facts, customer: CustomerFact): string | null {
  const [subscription] = Object.values(facts.subscriptions)
  return firstKnown(
    ...Object.values(facts.sessions).map(({ userId }) => userId),
    subscription?.now.userId ?? null,
    newest(subscription?.users ?? {}),
    newest(said(facts.invoices, ({ userId }) => userId)),
    ...Object.values(facts.charges).map(({ userId }) => userId),
    customer.user?.value ?? null,
  )
}

export function findUserEmail(
  { sessions, invoices }: Facts,
  customer: CustomerFact,
): string | null {
  return (
    [...Object.values(sessions), ...Object.values(invoices)]
      .map(({ at, email }) => dated(at, email))
      .reduce(newer, customer.email)?.value ?? null
  )
}

/** What objects said, and when last. */
function said<T extends { readonly at: number }>(
  objects: ById<T>,
  of: (object: T) => string | null,
): ById<number> {
  const named: Record<string, number> = {}
  for (const object of Object.values(objects)) {
    const value = of(object)
    if (value !== null) named[value] = Math.max(named[value] ?? 0, object.at)
  }
  return named
}

function newest(named: ById<number>): string | null {
  const [last] = Object.entries(named).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return last?.[0] ?? null
}
