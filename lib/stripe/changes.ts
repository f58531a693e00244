import { DAY_MS } from '../license/index.ts'
import type {
  Claim,
  ClaimName,
  ExistingClaim,
  LicenseStore,
  ProviderRecord,
} from '../license/store.ts'
import { type CustomerFact, mergeCustomers, NO_CUSTOMER } from './customer.ts'
import { mergeFacts } from './facts.ts'
import { type LoadedPurchases, loadPurchases, toPurchaseClaim } from './loadPurchases.ts'
import { canonicalText } from './merge.ts'
import type { Observation } from './observe.ts'
import { createPointer, mergePurchases, type PurchaseRecord } from './purchase.ts'
import { isPurchaseKind } from './reference.ts'

/** The content of one transaction: a purchase, if any, and what is written together with it. */
export interface Change {
  readonly purchase?: PurchaseRecord
  /** The claim of the event. Empty if the event was applied before. */
  readonly claims: readonly Claim[]
  /** Names of the purchase by which the vendor's server has not ordered a license. */
  readonly free: readonly ClaimName[]
  /** Names by which it has. */
  readonly ordered: readonly ExistingClaim[]
  readonly records: readonly ProviderRecord[]
}

type LoadedEvent = Omit<LoadedPurchases, 'claims'> & Pick<Change, 'claims' | 'free' | 'ordered'>

interface MergedEvent extends Change {
  readonly customer: { readonly before: CustomerFact; readonly after: CustomerFact }
}

/** Stripe resends events for up to 30 days, by hand. */
const EVENT_CLAIM_DAYS = 35

export async function loadEvent(
  store: LicenseStore,
  eventId: string,
  { references, customerId }: Observation,
  now: number,
): Promise<LoadedEvent> {
  const claim: Claim = {
    kind: 'event',
    key: eventId,
    expiresAt: now + EVENT_CLAIM_DAYS * DAY_MS,
  }
  const names = references.filter(isPurchaseKind).map(toPurchaseClaim)
  const ids = [...references.map(({ id }) => id), ...(customerId === null ? [] : [customerId])]
  const loaded = await loadPurchases(store, ids, [claim, ...names])
  const ordered = loaded.claims.filter(({ kind }) => kind === 'purchase')
  return {
    ...loaded,
    claims: loaded.claims.some(({ kind }) => kind === 'event') ? [] : [claim],
    free: names.filter(({ key }) => !ordered.some((claimed) => claimed.key === key)),
    ordered,
  }
}

/** Merges what an event says into the stored facts of its purchase and its customer. */
export function mergeEvent(loaded: LoadedEvent, observation: Observation): MergedEvent {
  const { claims, free, ordered, records } = loaded
  const { references, customerId } = observation
  const merged = mergePurchases(references, loaded.purchases)
  const record = customerId === null ? undefined : records.get(customerId)
  const before = (record?.body as CustomerFact | undefined) ?? NO_CUSTOMER
  const after = mergeCustomers(mergeCustomers(before, observation.customer), {
    ...NO_CUSTOMER,
    purchases: merged ? [merged.purchase.id] : [],
  })
  const isChanged = canonicalText(after) !== canonicalText(before)
  const customers: ProviderRecord[] =
    customerId !== null && isChanged
      ? [{ id: customerId, version: record?.version ?? 0, body: after }]
      : []
  const change = { claims, free, ordered, customer: { before, after } }
  if (!merged) return { ...change, records: customers }

  const { id } = merged.purchase
  const absorbed = merged.absorbed.map((part) => createPointer(part.id, part.version, id))
  const added = references
    .filter((reference) => reference.id !== id && !records.has(reference.id))
    .map((reference) => createPointer(reference.id, 0, id))
  return {
    ...change,
    records: [...customers, ...absorbed, ...added],
    purchase: {
      ...merged.purchase,
      // The record of this id may be a pointer to an absorbed purchase.
      version: records.get(id)?.version ?? 0,
      facts: mergeFacts(merged.purchase.facts, observation.facts),
      customerId: customerId ?? merged.purchase.customerId,
      customer: mergeContact(merged.purchase.customer, after),
    },
  }
}

/** Returns a change for each other purchase of the customer whose user or email address differs after the event. */
export async function loadOtherPurchases(
  store: LicenseStore,
  { purchase: own, customer: { before, after } }: MergedEvent,
): Promise<readonly Change[]> {
  if (canonicalText([after.user, after.email]) === canonicalText([before.user, before.email])) {
    return []
  }
  const others = new Map<string, PurchaseRecord>()
  for (const id of after.purchases) {
    const { purchases } = id === own?.id ? { purchases: [] } : await loadPurchases(store, [id], [])
    // An id may point to another purchase since it was noted, also to the event's own.
    for (const purchase of purchases) if (purchase.id !== own?.id) others.set(purchase.id, purchase)
  }
  return [...others.values()].flatMap((purchase) => {
    const customer = mergeContact(purchase.customer, after)
    const isChanged = canonicalText(customer) !== canonicalText(purchase.customer)
    const change = { claims: [], free: [], ordered: [], records: [] }
    return isChanged ? [{ ...change, purchase: { ...purchase, customer } }] : []
  })
}

const mergeContact = (known: CustomerFact, customer: CustomerFact): CustomerFact => ({
  ...mergeCustomers(known, customer),
  purchases: [],
})
