import type { ClaimName, HeldClaim, LicenseStore, ProviderRecord } from '../license/index.ts'
import { type Dossier, dossierIn, pointerIn } from './dossier.ts'
import type { Reference } from './observation.ts'

/** What by itself can be what somebody bought. Invoices and charges are only ever of a purchase. */
export const isPurchase = ({ kind }: Reference) => kind !== 'in' && kind !== 'ch'

export const keyOf = ({ kind, id }: Reference) => `${kind}:${id}`

export const nameOf = (reference: Reference): ClaimName => ({
  kind: 'purchase',
  key: keyOf(reference),
})

export interface Known {
  readonly records: ReadonlyMap<string, ProviderRecord>
  readonly claims: readonly HeldClaim[]
  readonly dossiers: readonly Dossier[]
}

/** One round trip, and one more for each step from an object to the purchase that it belongs to. */
export async function recall(
  store: Pick<LicenseStore, 'recall'>,
  ids: readonly string[],
  names: readonly ClaimName[],
): Promise<Known> {
  const records = new Map<string, ProviderRecord>()
  const claims = new Map<string, HeldClaim>()
  let wantedIds = [...new Set(ids)]
  let wantedNames = [...names]
  while (wantedIds.length + wantedNames.length > 0) {
    const found = await store.recall(wantedIds, wantedNames)
    for (const record of found.records) records.set(record.id, record)
    for (const claim of found.claims) claims.set(`${claim.kind}#${claim.key}`, claim)
    const targets = found.records.map(pointerIn).filter((id) => id !== undefined)
    wantedIds = [...new Set(targets)].filter((id) => !records.has(id))
    // A purchase may have been ordered by the name that it is kept under, too.
    wantedNames = found.records
      .map(dossierIn)
      .filter((dossier) => dossier !== undefined && !dossier.held && isPurchase(dossier))
      .map((dossier) => nameOf(dossier as Dossier))
      .filter(({ key }) => !names.some((name) => name.key === key))
  }
  return {
    records,
    claims: [...claims.values()],
    dossiers: [...records.values()].map(dossierIn).filter((dossier) => dossier !== undefined),
  }
}
