import type { LicenseId, LicenseStore } from '../license/index.ts'
import { referenceOf } from './order.ts'
import { nameOf, recall } from './recall.ts'

/**
 * The licenses that a payment, an invoice, a charge or a Checkout session is of, by its whole id.
 *
 * @throws StoreUnavailable
 */
export async function licenseIdsOf(
  store: Pick<LicenseStore, 'recall'>,
  id: string,
): Promise<readonly LicenseId[]> {
  const { dossiers, claims } = await recall(store, [id], [nameOf(referenceOf(id))])
  const ids = [...dossiers.map(({ held }) => held?.id), ...claims.map((claim) => claim.licenseId)]
  return [...new Set(ids.filter((found) => typeof found === 'string'))]
}
