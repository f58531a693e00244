import { setTimeout as sleep } from 'node:timers/promises'
import type Stripe from 'stripe'
import type { Catalog } from '../catalog/schema.ts'
import {
  type Claim,
  DAY_MS,
  type Keys,
  type LicenseId,
  type LicenseStore,
  type ProviderRecord,
  type Settled,
  StoreUnavailable,
  settle,
} from '../license/index.ts'
import type { StripeApi } from './api.ts'
import { type CustomerFact, joinCustomers, NOBODY } from './customer.ts'
import { type Derived, derive } from './derive.ts'
import { type Dossier, dossierIn, joinDossiers, pointer, pointerIn, recordOf } from './dossier.ts'
import { joinFacts } from './facts.ts'
import { textOf } from './join.ts'
import { type Ignored, type Observation, observe } from './observation.ts'
import { refresh } from './refresh.ts'

export interface Surroundings {
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
export type Applied =
  | Ignored
  | { readonly repeated: true }
  | {
      readonly effect: Extract<Settled, { status: 'settled' }>['effect']
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
  surroundings: Surroundings,
  event: Stripe.Event,
): Promise<Applied> {
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
  surroundings: Surroundings,
  event: Stripe.Event,
  observation: Observation,
): Promise<Applied | 'stale'> {
  const { store, now } = surroundings
  const { references, customerId } = observation
  const known = await recall(
    store,
    references.map(({ id }) => id),
    customerId,
    event.id,
  )
  const joined = joinDossiers(references, known.dossiers)
  // Sent again for a purchase that a person had to look at: what stood in the way may be mended by now.
  if (known.applied && !joined?.dossier.alerts.length) return { repeated: true }

  const old = known.customer
  const customer = joinCustomers(
    joinCustomers((old?.body as CustomerFact | undefined) ?? NOBODY, observation.customer),
    { ...NOBODY, purchases: joined ? [joined.dossier.id] : [] },
  )
  // The other purchases hear of it first: if we are stopped between them, the event is not done and comes again.
  const told = await tellOthers(surroundings, event, customer, old, joined?.dossier.id)
  if (!told) return 'stale'

  const changed = customerId !== null && textOf(customer) !== textOf(old?.body ?? NOBODY)
  const customers = changed ? [{ id: customerId, version: old?.version ?? 0, body: customer }] : []
  const claim: Claim = { kind: 'event', key: event.id, expiresAt: now + EVENT_DAYS * DAY_MS }
  const claims = known.applied ? [] : [claim]
  if (!joined) return write(surroundings, event, { claims, records: customers })

  const dossier: Dossier = {
    ...joined.dossier,
    facts: joinFacts(joined.dossier.facts, observation.facts),
    customerId: customerId ?? joined.dossier.customerId,
    customer: ofDossier(joinCustomers(joined.dossier.customer, customer)),
  }
  const pointers = [
    ...joined.merged.map(({ id, version }) => pointer(id, version, dossier.id)),
    ...references
      .filter(({ id }) => id !== dossier.id && !known.ids.has(id))
      .map(({ id }) => pointer(id, 0, dossier.id)),
  ]
  return write(surroundings, event, { claims, records: [...customers, ...pointers], dossier })
}

const ofDossier = (customer: CustomerFact): CustomerFact => ({ ...customer, purchases: [] })

interface Known {
  /** The event has had its effect. */
  readonly applied: boolean
  readonly ids: ReadonlySet<string>
  readonly dossiers: readonly Dossier[]
  readonly customer: ProviderRecord | undefined
}

/** One round trip, and one more for each step from an object to the purchase that it belongs to. */
async function recall(
  store: LicenseStore,
  ids: readonly string[],
  customerId: string | null,
  eventId?: string,
): Promise<Known> {
  const records = new Map<string, ProviderRecord>()
  let wanted = [...new Set([...ids, ...(customerId === null ? [] : [customerId])])]
  let event = eventId
  let applied = false
  do {
    const found = await store.recall(wanted, event)
    applied ||= found.applied
    for (const record of found.records) records.set(record.id, record)
    const next = found.records.map(pointerIn).filter((id) => id !== undefined)
    wanted = [...new Set(next)].filter((id) => !records.has(id))
    event = undefined
  } while (wanted.length > 0)
  return {
    applied,
    ids: new Set(records.keys()),
    dossiers: [...records.values()].map(dossierIn).filter((dossier) => dossier !== undefined),
    customer: customerId === null ? undefined : records.get(customerId),
  }
}

/** Tells the other purchases of a customer who it is now. False when one of them changed meanwhile. */
async function tellOthers(
  surroundings: Surroundings,
  event: Stripe.Event,
  customer: CustomerFact,
  old: ProviderRecord | undefined,
  own: string | undefined,
): Promise<boolean> {
  const before = (old?.body as CustomerFact | undefined) ?? NOBODY
  if (textOf([customer.user, customer.email]) === textOf([before.user, before.email])) return true
  for (const id of customer.purchases.filter((purchase) => purchase !== own)) {
    const { dossiers } = await recall(surroundings.store, [id], null)
    const [dossier] = dossiers
    if (!dossier || dossier.id === own) continue
    const next = { ...dossier, customer: ofDossier(joinCustomers(dossier.customer, customer)) }
    if (textOf(next.customer) === textOf(dossier.customer)) continue
    const written = await write(surroundings, event, { claims: [], records: [], dossier: next })
    if (written === 'stale') return false
  }
  return true
}

interface Writing {
  /** Of the event, unless it was held before. */
  readonly claims: readonly Claim[]
  readonly records: readonly ProviderRecord[]
  readonly dossier?: Dossier
}

async function write(
  surroundings: Surroundings,
  event: Stripe.Event,
  { claims, records, dossier: told }: Writing,
): Promise<Applied | 'stale'> {
  const { api, catalog } = surroundings
  const asked = told && (await refresh(told, api, catalog))
  const derived: Derived | undefined =
    asked && derive(asked.dossier.facts, asked.dossier.customer, catalog)
  const alerts = [derived?.problem, derived?.mismatch && 'TIER_MISMATCH', asked?.failed].filter(
    (alert) => typeof alert === 'string',
  )
  const dossier = asked && { ...asked.dossier, alerts }
  const settled = await settle(
    surroundings,
    {
      key: dossier ? `${dossier.kind}:${dossier.id}` : '',
      entitlement: derived?.entitlement,
      held: dossier?.held,
    },
    {
      claims,
      records: (held) => [...records, ...(dossier ? [recordOf(dossier, held)] : [])],
      actor: `stripe:${event.id}`,
      reason: event.type,
      requestId: surroundings.requestId,
    },
  )
  if (settled.status === 'stale') return 'stale'
  if (settled.status === 'repeated') return { repeated: true }
  return {
    effect: settled.effect,
    ...(settled.held && { licenseId: settled.held.id }),
    alerts: settled.conflict ? [...alerts, 'LICENSE_CONFLICT'] : alerts,
  }
}
