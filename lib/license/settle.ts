import { auditOfChange, auditOfIssue, type Cause } from './audit.ts'
import { type Keys, type LicenseId, licenseId, makeKey } from './key.ts'
import type { Billing, Entitlement, License, LicenseChange } from './license.ts'
import { noticesOf } from './outbox.ts'
import type { Batch, Claim, LicenseStore, ProviderRecord } from './store.ts'

/** The license of a purchase, and what the provider last gave it. What is absent is not the provider's to change. */
export interface Held {
  readonly id: LicenseId
  readonly given: Partial<Entitlement>
}

/** What all that is known of one purchase amounts to. */
export interface Purchase {
  /** `sub:<id>`, `pi:<id>` or `cs:<id>`: one purchase gets one license. */
  readonly key: string
  /** Undefined while there is nothing to issue. */
  readonly entitlement: Entitlement | undefined
  readonly held: Held | undefined
}

/** What is written together with the license. */
export interface Context extends Cause {
  /** Held by the event that is the cause, so that it has its effect once. */
  readonly claims: readonly Claim[]
  /** What is kept of the purchase, which is to remember its license. */
  readonly records: (held: Held | undefined) => readonly ProviderRecord[]
}

export type Settled =
  | {
      readonly status: 'settled'
      readonly held: Held | undefined
      /** What happened to the license. */
      readonly effect: 'issued' | 'changed' | 'none'
      /** Somebody else had issued a license for the payment, to another user or of another tier. */
      readonly conflict?: true
    }
  /** Somebody wrote to one of the records since it was read: read again. */
  | { readonly status: 'stale' }
  /** The event had its effect before. */
  | { readonly status: 'repeated' }

/** More licenses for one subject and tier in one second are a mistake: their keys would lie too far in the future. */
const MAX_AT_ONCE = 300

/**
 * Gives a purchase the license that it is entitled to, once, and keeps it in step: one transaction for the event,
 * what is known, the license and its history. A license that the vendor's own server asked for first is taken over.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function settle(
  { store, keys, now }: { store: LicenseStore; keys: Keys; now: number },
  purchase: Purchase,
  context: Context,
): Promise<Settled> {
  const { entitlement, held } = purchase
  if (held || !entitlement) {
    const { next, license } = toChange(held, entitlement, context, now)
    const outcome = await store.commit({
      claims: context.claims,
      records: context.records(next),
      ...(license && { license }),
      now,
    })
    if (outcome.status === 'written') {
      return { status: 'settled', held: next, effect: license ? 'changed' : 'none' }
    }
    return { status: outcome.status === 'claimed' ? 'repeated' : 'stale' }
  }

  const claims: Claim[] = [...context.claims, { kind: 'purchase', key: purchase.key }]
  const first = Math.floor(now / 1000)
  for (let issuedAt = first; issuedAt < first + MAX_AT_ONCE; issuedAt++) {
    const license = toLicense(purchase.key, entitlement, issuedAt, keys, now)
    const next = { id: license.id, given: entitlement }
    const outcome = await store.commit({
      claims,
      records: context.records(next),
      license: {
        issued: license,
        audit: auditOfIssue(context, license),
        notices: noticesOf({}, entitlement, now),
      },
      now,
    })
    if (outcome.status === 'written') return { status: 'settled', held: next, effect: 'issued' }
    if (outcome.status === 'stale') return outcome
    if (outcome.status === 'claimed') {
      const { kind, licenseId } = outcome.claim
      if (kind === 'event') return { status: 'repeated' }
      const found = licenseId !== null && (await store.find(licenseId))
      if (!found) throw new Error('A purchase points to a license that does not exist')
      const adopted = { ...purchase, held: { id: found.id, given: adoptable(found, purchase.key) } }
      const settled = await settle({ store, keys, now }, adopted, context)
      const conflict =
        found.userId !== (entitlement.userId ?? found.userId) || found.tier !== entitlement.tier
      return settled.status === 'settled' && conflict ? { ...settled, conflict } : settled
    }
  }
  throw new Error(`No second is free for the purchase ${purchase.key}`)
}

/**
 * What the provider may change about a license that somebody else ordered. One that was bought once stays as it was
 * ordered, and only follows the fate of the money; one that is paid for again and again follows the payments.
 */
function adoptable({ tier, seats, userEmail, facts }: License, purchaseKey: string): Held['given'] {
  const { billing, risk } = facts
  return {
    risk,
    ...(userEmail === null && { userEmail }),
    ...(purchaseKey.startsWith('sub:') && { tier, seats, billing }),
  }
}

function toLicense(
  purchaseKey: string,
  { billing, risk, ...terms }: Entitlement,
  issuedAt: number,
  keys: Keys,
  now: number,
): License {
  const subject = terms.userId ?? purchaseKey
  const origin = { subject, tier: terms.tier, issuedAt, keyVersion: keys.ring.current }
  return {
    id: licenseId(makeKey(origin, keys), keys.pepper),
    origin,
    ...terms,
    facts: { admin: 'clear', billing, risk },
    version: 1,
    createdAt: now,
  }
}

function toChange(
  held: Held | undefined,
  entitlement: Entitlement | undefined,
  context: Context,
  now: number,
): { next: Held | undefined; license?: Batch['license'] } {
  if (!held || !entitlement) return { next: held }
  const names = Object.keys(held.given) as (keyof Entitlement)[]
  const changed = names.filter((name) => !same(held.given[name], entitlement[name]))
  if (changed.length === 0) return { next: held }
  const pick = (from: Partial<Entitlement>) =>
    Object.fromEntries(changed.map((name) => [name, from[name]])) as LicenseChange
  const to = pick(entitlement)
  const given = { ...held.given, ...to }
  return {
    next: { id: held.id, given },
    license: {
      changed: held.id,
      to,
      audit: auditOfChange(context, held.id, pick(held.given), to, now),
      notices: noticesOf(held.given, given, now),
    },
  }
}

const BILLING = [
  'status',
  'paidUntil',
  'graceUntil',
  'cancelAt',
] as const satisfies (keyof Billing)[]

/** Two values of one field. Only billing has parts. */
function same(a: Entitlement[keyof Entitlement] | undefined, b: typeof a): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return a === b
  return BILLING.every((part) => a[part] === b[part])
}
