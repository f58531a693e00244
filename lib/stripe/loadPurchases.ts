import type { LicenseId } from '../license/index.ts'
import type { ClaimName, ExistingClaim, LicenseStore, ProviderRecord } from '../license/store.ts'
import { type PurchaseRecord, parsePointer, parsePurchase } from './purchase.ts'
import { isPurchaseKind, purchaseKey, type Reference, toReference } from './reference.ts'

export interface LoadedPurchases {
  /** By the id of the Stripe object. */
  readonly records: ReadonlyMap<string, ProviderRecord>
  readonly claims: readonly ExistingClaim[]
  readonly purchases: readonly PurchaseRecord[]
}

export const toPurchaseClaim = (reference: Reference): ClaimName => ({
  kind: 'purchase',
  key: purchaseKey(reference),
})

/** Loads records and claims in one round trip, plus one for each pointer between an object and its purchase. */
export async function loadPurchases(
  store: Pick<LicenseStore, 'readRecords'>,
  ids: readonly string[],
  names: readonly ClaimName[],
): Promise<LoadedPurchases> {
  const records = new Map<string, ProviderRecord>()
  const claims = new Map<string, ExistingClaim>()
  let missingIds = [...new Set(ids)]
  let missingNames = [...names]
  while (missingIds.length + missingNames.length > 0) {
    const found = await store.readRecords(missingIds, missingNames)
    for (const record of found.records) records.set(record.id, record)
    for (const claim of found.claims) claims.set(`${claim.kind}#${claim.key}`, claim)
    const targets = found.records.map(parsePointer).filter((id) => id !== undefined)
    missingIds = [...new Set(targets)].filter((id) => !records.has(id))
    // The license may also have been ordered by the id that the purchase is stored under.
    missingNames = found.records
      .flatMap((record) => parsePurchase(record) ?? [])
      .filter((purchase) => !purchase.link && isPurchaseKind(purchase))
      .map(toPurchaseClaim)
      .filter(({ key }) => !names.some((name) => name.key === key))
  }
  return {
    records,
    claims: [...claims.values()],
    purchases: [...records.values()].flatMap((record) => parsePurchase(record) ?? []),
  }
}

/**
 * Returns the ids of the licenses that belong to a payment, an invoice, a charge or a Checkout session.
 *
 * @throws StoreUnavailable
 */
export async function findLicenseIds(
  store: Pick<LicenseStore, 'readRecords'>,
  id: string,
): Promise<readonly LicenseId[]> {
  const { purchases, claims } = await loadPurchases(store, [id], [toPurchaseClaim(toReference(id))])
  const ids = [...purchases.map(({ link }) => link?.id), ...claims.map((claim) => claim.licenseId)]
  return [...new Set(ids.filter((found) => typeof found === 'string'))]
}
