import type { Catalog } from '../catalog/schema.ts'
import { type Issued, type IssueRequest, issueLicense, type Result } from '../license/index.ts'
import type { LicenseStore } from '../license/store.ts'
import { derive } from './derive.ts'
import { loadPurchases } from './loadPurchases.ts'
import { toRecord } from './purchase.ts'
import { purchaseKey, toReference } from './reference.ts'
import { retryWhileStale } from './retry.ts'

/**
 * Issues the license for a payment, once per purchase, even if Stripe reports the same purchase concurrently. What
 * Stripe reported before, such as a refund, applies from the start.
 *
 * @param paymentId the id of a payment, a Checkout session or a subscription; null for a license without a payment
 * @throws MasterKeyFault, StoreUnavailable
 */
export function issueForPayment(
  context: Parameters<typeof issueLicense>[0],
  catalog: Catalog,
  order: IssueRequest,
  paymentId: string | null,
): Promise<Result<Issued, 'CONFLICT'>> {
  return retryWhileStale(async () => {
    const known = paymentId === null ? {} : await findPurchase(context.store, catalog, paymentId)
    const issued = await issueLicense(context, { ...order, ...known })
    const isStale = !issued.ok && issued.error === 'STALE'
    return isStale ? 'stale' : (issued as Result<Issued, 'CONFLICT'>)
  })
}

async function findPurchase(
  store: LicenseStore,
  catalog: Catalog,
  id: string,
): Promise<Partial<IssueRequest>> {
  const {
    purchases: [purchase],
  } = await loadPurchases(store, [id], [])
  const reference = toReference(id)
  const subscription = reference.kind === 'sub' && { subscriptionId: id }
  if (!purchase) {
    return { ...subscription, purchaseKey: purchaseKey(reference), known: { absent: [id] } }
  }
  return {
    ...subscription,
    purchaseKey: purchaseKey(purchase),
    known: {
      ...(purchase.link && { link: purchase.link }),
      risk: derive(purchase, catalog).risk,
      records: (link) => [toRecord(purchase, link)],
    },
  }
}
