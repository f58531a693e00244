import type {
  ClaimName,
  ExistingClaim,
  LicenseId,
  LicenseStore,
  ProviderRecord,
} from '../license/index.ts'
import type { Reference } from './observe.ts'
import { type PurchaseRecord, parsePointer, parsePurchase } from './purchase.ts'

/** What by itself can be what somebody bought. Invoices and charges are only ever of a purchase. */
export const isPurchaseKind = ({ kind }: Reference) => kind !== 'in' && kind !== 'ch'

/** Returns the object that an id names. Ids other than those of a Checkout session or a subscription are taken for payments. */
export function toReference(id: string): Reference {
  const kind = (['cs', 'sub'] as const).find((known) => id.startsWith(`${known}_`)) ?? 'pi'
  return { kind, id }
}

export const purchaseKey = ({ kind, id }: Reference) => `${kind}:${id}`

export const purchaseClaim = (reference: Reference): ClaimName => ({
  kind: 'purchase',
  key: purchaseKey(reference),
})

export interface LoadedPurchases {
  readonly records: ReadonlyMap<string, ProviderRecord>
  readonly claims: readonly ExistingClaim[]
  readonly dossiers: readonly PurchaseRecord[]
}

/** One round trip, and one more for each step from an object to the purchase that it belongs to. */
export async function loadPurchases(
  store: Pick<LicenseStore, 'readRecords'>,
  ids: readonly string[],
  names: readonly ClaimName[],
): Promise<LoadedPurchases> {
  const records = new Map<string, ProviderRecord>()
  const claims = new Map<string, ExistingClaim>()
  let wantedIds = [...new Set(ids)]
  let wantedNames = [...names]
  while (wantedIds.length + wantedNames.length > 0) {
    const found = await store.readRecords(wantedIds, wantedNames)
    for (const record of found.records) records.set(record.id, record)
    for (const claim of found.claims) claims.set(`${claim.kind}#${claim.key}`, claim)
    const targets = found.records.map(parsePointer).filter((id) => id !== undefined)
    wantedIds = [...new Set(targets)].filter((id) => !records.has(id))
    // A purchase may have been ordered by the name that it is kept under, too.
    wantedNames = found.records
      .map(parsePurchase)
      .filter((dossier) => dossier !== undefined && !dossier.held && isPurchaseKind(dossier))
      .map((dossier) => purchaseClaim(dossier as PurchaseRecord))
      .filter(({ key }) => !names.some((name) => name.key === key))
  }
  return {
    records,
    claims: [...claims.values()],
    dossiers: [...records.values()].map(parsePurchase).filter((dossier) => dossier !== undefined),
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
  const { dossiers, claims } = await loadPurchases(store, [id], [purchaseClaim(toReference(id))])
  const ids = [...dossiers.map(({ held }) => held?.id), ...claims.map((claim) => claim.licenseId)]
  return [...new Set(ids.filter((found) => typeof found === 'string'))]
}
