import type { ProviderRecord, PurchaseLink } from '../license/index.ts'
import { type CustomerFact, mergeCustomers, NO_CUSTOMER } from './customer.ts'
import { type Facts, mergeFacts, NO_FACTS } from './facts.ts'
import { KINDS, type Reference } from './observe.ts'

/** All that is kept of one purchase, under the object that names it best. The other objects point to it. */
export interface PurchaseRecord extends Reference {
  /** Of the record that it was read from; 0 for a new one. */
  readonly version: number
  readonly facts: Facts
  readonly customerId: string | null
  /** What was last known of the customer. */
  readonly customer: CustomerFact
  readonly held?: PurchaseLink
  /** Why a person has to look at it, as it was when it was written. */
  readonly alerts: readonly string[]
  /** Since when nobody can say what was bought, in milliseconds since the epoch. */
  readonly parkedSince?: number
}

interface Pointer {
  readonly pointsTo: string
}

export const parsePointer = ({ body }: ProviderRecord): string | undefined =>
  (body as Partial<Pointer>).pointsTo

export const createPointer = (id: string, version: number, to: string): ProviderRecord => ({
  id,
  version,
  body: { pointsTo: to } satisfies Pointer,
})

export function parsePurchase({ id, version, body }: ProviderRecord): PurchaseRecord | undefined {
  return 'facts' in body ? ({ ...body, id, version } as PurchaseRecord) : undefined
}

export function toRecord(
  { id, version, held: _held, parkedSince, ...dossier }: PurchaseRecord,
  held: PurchaseLink | undefined,
): ProviderRecord {
  // Once there is a license nobody has to look any more, whoever issued it.
  const parked = parkedSince !== undefined && !held
  const body = { ...dossier, ...(held && { held }), ...(parked && { parkedSince }) }
  return { id, version, body, ...(parked && { waitingSince: parkedSince }) }
}

/** Puts together what was kept apart until an event said that it is one purchase. */
export function mergePurchases(
  references: readonly Reference[],
  known: readonly PurchaseRecord[],
): { readonly dossier: PurchaseRecord; readonly merged: readonly PurchaseRecord[] } | undefined {
  // Of two of one kind the one that is known: the other may be a createPointer to it.
  const best = [...known, ...references].toSorted(
    (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind),
  )[0]
  if (!best) return
  // Two subscriptions are two purchases, whatever else they may have in common.
  const one = known.filter(({ kind, id }) => kind !== 'sub' || id === best.id)
  const root = one.find(({ id }) => id === best.id)
  const held = root?.held ?? one.find((dossier) => dossier.held)?.held
  return {
    dossier: {
      kind: best.kind,
      id: best.id,
      version: root?.version ?? 0,
      facts: one.map(({ facts }) => facts).reduce(mergeFacts, NO_FACTS),
      customer: one.map(({ customer }) => customer).reduce(mergeCustomers, NO_CUSTOMER),
      customerId: one.map(({ customerId }) => customerId).find((id) => id !== null) ?? null,
      ...(held && { held }),
      alerts: one.flatMap(({ alerts }) => alerts),
      ...earliestParked(one),
    },
    merged: one.filter(({ id }) => id !== best.id),
  }
}

function earliestParked(dossiers: readonly PurchaseRecord[]): Pick<PurchaseRecord, 'parkedSince'> {
  const moments = dossiers.flatMap(({ parkedSince }) => parkedSince ?? [])
  return moments.length > 0 ? { parkedSince: Math.min(...moments) } : {}
}
