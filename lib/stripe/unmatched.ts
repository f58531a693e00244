import type { LicenseStore, ProviderRecord } from '../license/store.ts'
import { findPayer, findUserEmail, findUserId } from './derive.ts'
import { parsePurchase } from './purchase.ts'

/** A purchase that was paid and whose tier is unknown. */
export interface UnmatchedPurchase {
  /** The id of the payment, Checkout session or subscription by which its license can be issued. */
  readonly purchase: string
  readonly alerts: readonly string[]
  /** Since when it is unmatched, in milliseconds since the epoch. */
  readonly at: number
  readonly customerId: string | null
  readonly subscriptionId: string | null
  readonly paymentIntentId: string | null
  readonly userId: string | null
  readonly userEmail: string | null
}

/**
 * Lists the purchases that need review, newest first.
 *
 * @throws StoreUnavailable
 */
export async function listUnmatchedPurchases(
  store: Pick<LicenseStore, 'listForReview'>,
  limit: number,
  after?: { readonly id: string; readonly since: number },
): Promise<readonly UnmatchedPurchase[]> {
  return (await store.listForReview(limit, after)).flatMap(
    (record) => toUnmatchedPurchase(record) ?? [],
  )
}

function toUnmatchedPurchase(record: ProviderRecord): UnmatchedPurchase | undefined {
  const purchase = parsePurchase(record)
  if (!purchase || record.waitingSince === undefined) return
  const { id, kind, facts, customer, alerts } = purchase
  const { customerId, subscriptionId } = findPayer(facts)
  const [paymentIntentId = null] = Object.values(facts.sessions).flatMap(
    (session) => session.paymentIntentId ?? [],
  )
  return {
    purchase: id,
    alerts,
    at: record.waitingSince,
    customerId: customerId ?? purchase.customerId,
    subscriptionId,
    paymentIntentId: kind === 'pi' ? id : paymentIntentId,
    userId: findUserId(facts, customer),
    userEmail: findUserEmail(facts, customer),
  }
}
