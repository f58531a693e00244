import type { PurchaseLink } from '../license/index.ts'
import type { ProviderRecord } from '../license/store.ts'
import { type CustomerFact, mergeCustomers, NO_CUSTOMER } from './customer.ts'
import { type Facts, mergeFacts, NO_FACTS } from './facts.ts'
import { KINDS, type Reference } from './reference.ts'

/** Everything known about one purchase, stored under the object that names it best. Its other objects point to it. */
export interface PurchaseRecord extends Reference {
  /** The version of the stored record; 0 for a new one. */
  readonly version: number
  readonly facts: Facts
  readonly customerId: string | null
  /** The customer as last reported. */
  readonly customer: CustomerFact
  /** The license, and what Stripe last gave it. Stored as `held`. */
  readonly link?: PurchaseLink
  /** Codes of what needs review, as of the last write. */
  readonly alerts: readonly string[]
  /** Since when the tier is unknown, in milliseconds since the epoch. Stored as `parkedSince`. */
  readonly unmatchedSince?: number
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

type StoredPurchase = Omit<PurchaseRecord, 'id' | 'version' | 'link' | 'unmatchedSince'> & {
  readonly held?: PurchaseLink
  readonly parkedSince?: number
}

export function parsePurchase({ id, version, body }: ProviderRecord): PurchaseRecord | undefined {
  if (!('facts' in body)) return
  const { held, parkedSince, ...purchase } = body as StoredPurchase
  return {
    ...purchase,
    id,
    version,
    ...(held && { link: held }),
    ...(parkedSince !== undefined && { unmatchedSince: parkedSince }),
  }
}

/** Builds the record to store. A purchase that has a license is no longer unmatched. */
export function toRecord(
  { id, version, link: _, unmatchedSince, ...purchase }: PurchaseRecord,
  held: PurchaseLink | undefined,
): ProviderRecord {
  const since = held ? undefined : unmatchedSince
  const body: StoredPurchase = {
    ...purchase,
    ...(held && { held }),
    ...(since !== undefined && { parkedSince: since }),
  }
  return { id, version, body, ...(since !== undefined && { waitingSince: since }) }
}

/**
 * Merges the records that an event shows to be one purchase. `absorbed` are the records that are to become pointers.
 * Returns undefined if there is neither a reference nor a record.
 */
export function mergePurchases(
  references: readonly Reference[],
  known: readonly PurchaseRecord[],
): { readonly purchase: PurchaseRecord; readonly absorbed: readonly PurchaseRecord[] } | undefined {
  // The sort is stable: of two objects of one kind, the one with a record wins, since the other may be a pointer to it.
  const [best] = [...known, ...references].toSorted(
    (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind),
  )
  if (!best) return
  // Two subscriptions are two purchases, even if they share a customer or a payment.
  const parts = known.filter(({ kind, id }) => kind !== 'sub' || id === best.id)
  const root = parts.find(({ id }) => id === best.id)
  const link = root?.link ?? parts.find((part) => part.link)?.link
  const unmatched = parts.flatMap(({ unmatchedSince }) => unmatchedSince ?? [])
  return {
    purchase: {
      kind: best.kind,
      id: best.id,
      version: root?.version ?? 0,
      facts: parts.map(({ facts }) => facts).reduce(mergeFacts, NO_FACTS),
      customer: parts.map(({ customer }) => customer).reduce(mergeCustomers, NO_CUSTOMER),
      customerId: parts.map(({ customerId }) => customerId).find((id) => id !== null) ?? null,
      ...(link && { link }),
      alerts: parts.flatMap(({ alerts }) => alerts),
      ...(unmatched.length > 0 && { unmatchedSince: Math.min(...unmatched) }),
    },
    absorbed: parts.filter(({ id }) => id !== best.id),
  }
}
