import type { LicenseStore, ProviderRecord } from '../license/index.ts'
import { findPayer, findUserEmail, findUserId } from './derive.ts'
import { parsePurchase } from './purchase.ts'

/** A purchase that somebody paid for and nobody can say what. */
export interface UnmatchedPurchase {
  /** The id of the payment, Checkout session or subscription that names it, by which its license is issued. */
  readonly purchase: string
  readonly alerts: readonly string[]
  /** Since when, in milliseconds since the epoch. */
  readonly at: number
  readonly customerId: string | null
  readonly subscriptionId: string | null
  readonly paymentIntentId: string | null
  readonly userId: string | null
  readonly userEmail: string | null
}

/**
 * The purchases that are kept aside for a person, newest first.
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
  const dossier = parsePurchase(record)
  if (!dossier || record.waitingSince === undefined) return
  const { id, kind, facts, customer, alerts } = dossier
  const { customerId, subscriptionId } = findPayer(facts)
  const [paid = null] = Object.values(facts.sessions).flatMap(
    (session) => session.paymentIntentId ?? [],
  )
  return {
    purchase: id,
    alerts,
    at: record.waitingSince,
    customerId: customerId ?? dossier.customerId,
    subscriptionId,
    paymentIntentId: kind === 'pi' ? id : paid,
    userId: findUserId(facts, customer),
    userEmail: findUserEmail(facts, customer),
  }
}
