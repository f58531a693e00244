import type { Catalog } from '../catalog/schema.ts'
import { findTier } from '../catalog/tier.ts'
import { DAY_MS, type Entitlement, LIFETIME } from '../license/index.ts'
import { hasBegun, toBilling } from './billing.ts'
import type { CustomerFact } from './customer.ts'
import { type Facts, findCompletedSession, isOneTime } from './facts.ts'
import { firstKnown } from './fields.ts'
import { type PurchaseIssue, resolveTier } from './lineItems.ts'
import { dated, newer, newestFirst } from './merge.ts'
import { toRisk } from './risk.ts'
import type { SessionFact } from './session.ts'

/** The terms that the facts of a purchase amount to. */
export interface Derivation {
  /** Absent while nothing was bought, or the tier is unknown. */
  readonly entitlement?: Entitlement
  readonly risk: Entitlement['risk']
  /** Needs review: the entitlement is absent, or may not be what was bought last. */
  readonly issue?: PurchaseIssue
  /** The metadata name another tier than the price. */
  readonly mismatch: boolean
}

/**
 * Derives the entitlement from facts. The result does not depend on the order in which the facts arrived.
 *
 * @param hasLicense true if a license was already issued for this purchase, which must follow it in any case
 */
export function derive(
  { facts, customer }: { readonly facts: Facts; readonly customer: CustomerFact },
  catalog: Catalog,
  hasLicense = false,
): Derivation {
  const [subscription] = Object.values(facts.subscriptions)
  const session = findCompletedSession(facts)
  const invoices = Object.values(facts.invoices)
  const { sold, issue, mismatch } = resolveTier(facts, catalog)
  const payment = isOneTime(facts) ? session : undefined
  const tier = sold && findTier(catalog, sold.tier)

  const begun = hasBegun({ subscription, invoices })
  const risk = toRisk(facts)
  // The checkout of a subscription can arrive before anything that names its tier: no issue yet.
  const known = { risk, mismatch, ...(issue && (payment || begun) && { issue }) }
  if (!sold || !tier || !(session || begun || (hasLicense && subscription))) return known
  const account = { subscription, items: sold.items, invoices, graceDays: tier.graceDays }
  return {
    ...known,
    entitlement: {
      userId: findUserId(facts, customer),
      userEmail: findUserEmail(facts, customer),
      tier: sold.tier,
      seats: sold.quantity > 1 ? sold.quantity : tier.seats,
      paymentIntentId: payment ? payment.paymentIntentId : null,
      ...findPayer(facts),
      billing: payment ? toOneTimeBilling(payment, tier.defaultDurationDays) : toBilling(account),
      risk,
    },
  }
}

function toOneTimeBilling(
  { payment, paidAt, at }: SessionFact,
  days: number,
): Entitlement['billing'] {
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
  const invoiceUsers: Record<string, number> = {}
  for (const { userId, at } of Object.values(facts.invoices)) {
    if (userId !== null) invoiceUsers[userId] = Math.max(invoiceUsers[userId] ?? 0, at)
  }
  return firstKnown(
    ...Object.values(facts.sessions).map(({ userId }) => userId),
    subscription?.now.userId ?? null,
    newestFirst(subscription?.users ?? {})[0] ?? null,
    newestFirst(invoiceUsers)[0] ?? null,
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
