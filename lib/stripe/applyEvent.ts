import { setTimeout as sleep } from 'node:timers/promises'
import type Stripe from 'stripe'
import type { Catalog } from '../catalog/schema.ts'
import {
  adoptExisting,
  type Claim,
  type ClaimName,
  DAY_MS,
  differsFromPurchase,
  type ExistingClaim,
  type Keys,
  type License,
  type LicenseId,
  type LicenseStore,
  type ProviderRecord,
  type PurchaseLink,
  type ReconcileResult,
  type Risk,
  reconcile,
  StoreUnavailable,
} from '../license/index.ts'
import type { StripeApi } from './api.ts'
import { type CustomerFact, mergeCustomers, NO_CUSTOMER } from './customer.ts'
import { derive } from './derive.ts'
import { mergeFacts } from './facts.ts'
import { needsReview } from './lineItems.ts'
import { isPurchaseKind, loadPurchases, purchaseClaim, purchaseKey } from './loadPurchases.ts'
import { canonicalText } from './merge.ts'
import { type Ignored, type Observation, observe } from './observe.ts'
import { createPointer, mergePurchases, type PurchaseRecord, toRecord } from './purchase.ts'
import { refresh } from './refresh.ts'

export interface EventContext {
  readonly store: LicenseStore
  readonly keys: Keys
  readonly catalog: Catalog
  /** Absent while the vendor gave us no key for it. */
  readonly api?: StripeApi
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly requestId: string
}

/** What an event did. */
export type EventResult =
  | Ignored
  | { readonly repeated: true }
  | {
      readonly effect: Extract<ReconcileResult, { status: 'settled' }>['effect']
      readonly licenseId?: LicenseId
      /** What a person has to look at. */
      readonly alerts: readonly string[]
    }

/** Stripe sends an event again for thirty days at most, by hand. */
const EVENT_DAYS = 35

/** How often an event that met another one about the same purchase starts again. */
const TRIES = 10
const PAUSE_MS = 25
const MAX_PAUSE_MS = 800

/**
 * Lets an event have its effect, once: joins what it says with what is known, derives what the purchase entitles to,
 * and writes the event, the facts and the license in one transaction. It may be stopped anywhere and started again.
 *
 * @throws MasterKeyFault, StoreUnavailable, StripeUnavailable
 */
export async function applyEvent(
  surroundings: EventContext,
  event: Stripe.Event,
): Promise<EventResult> {
  const observation = observe(event, surroundings.now)
  if ('ignored' in observation) return observation
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const applied = await attemptOnce(surroundings, event, observation)
    if (applied !== 'stale') return applied
    await sleep(Math.random() * Math.min(PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS))
  }
  throw new StoreUnavailable(new Error('Other events about the same purchase keep coming between'))
}

async function attemptOnce(
  surroundings: EventContext,
  event: Stripe.Event,
  observation: Observation,
): Promise<EventResult | 'stale'> {
  const { store, now } = surroundings
  const { references, customerId } = observation
  const claim: Claim = { kind: 'event', key: event.id, expiresAt: now + EVENT_DAYS * DAY_MS }
  const names = references.filter(isPurchaseKind).map(purchaseClaim)
  const ids = [...references.map(({ id }) => id), ...(customerId === null ? [] : [customerId])]
  const known = await loadPurchases(store, ids, [claim, ...names])
  const applied = known.claims.some(({ kind }) => kind === 'event')
  const joined = mergePurchases(references, known.dossiers)
  // Sent again for a purchase that a person had to look at: what stood in the way may be mended by now.
  if (applied && !joined?.dossier.alerts.length) return { repeated: true }

  const old = customerId === null ? undefined : known.records.get(customerId)
  const customer = mergeCustomers(
    mergeCustomers((old?.body as CustomerFact | undefined) ?? NO_CUSTOMER, observation.customer),
    { ...NO_CUSTOMER, purchases: joined ? [joined.dossier.id] : [] },
  )
  // The other purchases hear of it first: if we are stopped between them, the event is not done and comes again.
  const told = await tellOthers(surroundings, event, customer, old, joined?.dossier.id)
  if (told === 'stale') return told

  const changed =
    customerId !== null && canonicalText(customer) !== canonicalText(old?.body ?? NO_CUSTOMER)
  const customers = changed ? [{ id: customerId, version: old?.version ?? 0, body: customer }] : []
  const claims = applied ? [] : [claim]
  if (!joined) {
    const written = await write(surroundings, event, { claims, free: [], records: customers })
    const isEffect = told === 'changed' && typeof written === 'object' && 'effect' in written
    return isEffect ? { ...written, effect: told } : written
  }

  const dossier: PurchaseRecord = {
    ...joined.dossier,
    // What names the purchase may have pointed to another one before.
    version: known.records.get(joined.dossier.id)?.version ?? 0,
    facts: mergeFacts(joined.dossier.facts, observation.facts),
    customerId: customerId ?? joined.dossier.customerId,
    customer: ofDossier(mergeCustomers(joined.dossier.customer, customer)),
  }
  const pointers = [
    ...joined.merged.map(({ id, version }) => createPointer(id, version, dossier.id)),
    ...references
      .filter(({ id }) => id !== dossier.id && !known.records.has(id))
      .map(({ id }) => createPointer(id, 0, dossier.id)),
  ]
  const ordered = known.claims.filter(({ kind }) => kind === 'purchase')
  return write(surroundings, event, {
    claims,
    free: names.filter(({ key }) => !ordered.some((held) => held.key === key)),
    ordered,
    records: [...customers, ...pointers],
    dossier,
  })
}

const ofDossier = (customer: CustomerFact): CustomerFact => ({ ...customer, purchases: [] })

/** Tells the other purchases of a customer who it is now. `stale` when one of them was written by somebody else meanwhile. */
async function tellOthers(
  surroundings: EventContext,
  event: Stripe.Event,
  customer: CustomerFact,
  old: ProviderRecord | undefined,
  own: string | undefined,
): Promise<'stale' | 'changed' | 'none'> {
  const before = (old?.body as CustomerFact | undefined) ?? NO_CUSTOMER
  if (
    canonicalText([customer.user, customer.email]) === canonicalText([before.user, before.email])
  ) {
    return 'none'
  }
  let effect: 'changed' | 'none' = 'none'
  for (const id of customer.purchases.filter((purchase) => purchase !== own)) {
    const { dossiers } = await loadPurchases(surroundings.store, [id], [])
    const [dossier] = dossiers
    if (!dossier || dossier.id === own) continue
    const next = { ...dossier, customer: ofDossier(mergeCustomers(dossier.customer, customer)) }
    if (canonicalText(next.customer) === canonicalText(dossier.customer)) continue
    const written = await write(surroundings, event, {
      claims: [],
      free: [],
      records: [],
      dossier: next,
    })
    if (written === 'stale') return written
    if ('effect' in written && written.effect === 'changed') effect = 'changed'
  }
  return effect
}

interface Writing {
  /** Of the event, unless it was held before. */
  readonly claims: readonly Claim[]
  /** Names of the purchase that nobody has ordered a license by. */
  readonly free: readonly ClaimName[]
  /** Those that somebody has. */
  readonly ordered?: readonly ExistingClaim[]
  readonly records: readonly ProviderRecord[]
  readonly dossier?: PurchaseRecord
}

async function write(
  surroundings: EventContext,
  event: Stripe.Event,
  { claims, free, ordered = [], records, dossier: told }: Writing,
): Promise<EventResult | 'stale'> {
  const { api, catalog, store } = surroundings
  const asked = told && (await refresh(told, api, catalog))
  const taken =
    asked && !asked.dossier.held ? await adoptOrdered(store, asked.dossier, ordered) : undefined
  const held = asked?.dossier.held ?? taken?.held
  const derived =
    asked && derive(asked.dossier.facts, asked.dossier.customer, catalog, held !== undefined)
  const alerts = [derived?.problem, derived?.mismatch && 'TIER_MISMATCH', asked?.failed].filter(
    (alert) => typeof alert === 'string',
  )
  const dossier = asked && parkedOr({ ...asked.dossier, alerts }, derived?.risk, surroundings.now)
  const settled = await reconcile(
    surroundings,
    {
      key: dossier ? purchaseKey(dossier) : '',
      entitlement: derived?.entitlement,
      risk: derived?.risk ?? 'clear',
      held,
    },
    {
      claims,
      free,
      records: (next) => [...records, ...(dossier ? [toRecord(dossier, next)] : [])],
      actor: `stripe:${event.id}`,
      reason: event.type,
      requestId: surroundings.requestId,
    },
  )
  if (settled.status === 'stale') return 'stale'
  if (settled.status === 'repeated') return { repeated: true }
  const conflict =
    settled.conflict ||
    (taken && derived?.entitlement && differsFromPurchase(taken.license, derived.entitlement)) ||
    ordered.some(({ licenseId }) => licenseId !== settled.held?.id)
  return {
    effect: settled.effect,
    ...(settled.held && { licenseId: settled.held.id }),
    alerts: conflict ? [...alerts, 'LICENSE_CONFLICT'] : alerts,
  }
}

/** Notes since when a purchase is kept aside, or that it is not. What was paid back needs no license any more. */
function parkedOr(
  { parkedSince, ...dossier }: PurchaseRecord,
  risk: Risk = 'clear',
  now: number,
): PurchaseRecord {
  const isKept = needsReview(dossier.alerts) && risk !== 'refunded' && risk !== 'lost'
  return { ...dossier, ...(isKept && { parkedSince: parkedSince ?? now }) }
}

/** The license that the vendor's server ordered for a purchase before Stripe told of it. */
async function adoptOrdered(
  store: LicenseStore,
  dossier: PurchaseRecord,
  [claim]: readonly ExistingClaim[],
): Promise<{ readonly held: PurchaseLink; readonly license: License } | undefined> {
  if (!claim?.licenseId) return
  const license = await store.find(claim.licenseId)
  if (!license) throw new Error('A purchase points to a license that does not exist')
  return { held: adoptExisting(license, purchaseKey(dossier)), license }
}
