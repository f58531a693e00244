import { auditChange, auditIssue, type Cause, selectReplaced } from './audit.ts'
import { createLicense } from './createLicense.ts'
import type { Keys, LicenseId } from './key.ts'
import type { Billing, Entitlement, License, LicenseChange, Risk } from './license.ts'
import { diffNotices } from './notices.ts'
import type { Batch, Claim, ClaimName, LicenseStore, ProviderRecord } from './store.ts'

/** The license of a purchase, and what the provider last gave it. What is absent is not the provider's to change. */
export interface PurchaseLink {
  readonly id: LicenseId
  readonly given: Partial<Entitlement>
}

/** What all that is known of one purchase amounts to. */
export interface Purchase {
  /** `sub:<id>`, `pi:<id>` or `cs:<id>`: one purchase gets one license. */
  readonly key: string
  /** Undefined while there is nothing to issue. */
  readonly entitlement: Entitlement | undefined
  /** What became of the money, whether or not anybody knows what it was for. */
  readonly risk: Risk
  readonly held: PurchaseLink | undefined
}

/** What is written together with the license. */
export interface ReconcileContext extends Cause {
  /** Held by the event that is the cause, so that it has its effect once. */
  readonly claims: readonly Claim[]
  /** Other names of the purchase, by which nobody may have ordered a license meanwhile. */
  readonly free: readonly ClaimName[]
  /** What is kept of the purchase, which is to remember its license. */
  readonly records: (held: PurchaseLink | undefined) => readonly ProviderRecord[]
}

export type ReconcileResult =
  | {
      readonly status: 'settled'
      readonly held: PurchaseLink | undefined
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
export async function reconcile(
  { store, keys, now }: { store: LicenseStore; keys: Keys; now: number },
  purchase: Purchase,
  context: ReconcileContext,
): Promise<ReconcileResult> {
  const { entitlement, held } = purchase
  const absent = { claims: context.free.filter(({ key }) => key !== purchase.key) }
  if (held || !entitlement) {
    const { next, license } = held
      ? await toChange(store, held, entitlement ?? { risk: purchase.risk }, context, now)
      : {}
    const outcome = await store.commit({
      claims: context.claims,
      absent: held ? absent : { claims: context.free },
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
      absent,
      records: context.records(next),
      license: {
        issued: license,
        audit: auditIssue(context, license),
        notices: diffNotices({}, entitlement, now),
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
      const adopted = { ...purchase, held: adoptExisting(found, purchase.key) }
      const settled = await reconcile({ store, keys, now }, adopted, context)
      const conflict = differsFromPurchase(found, entitlement)
      return settled.status === 'settled' && conflict ? { ...settled, conflict } : settled
    }
  }
  throw new Error(`No second is free for the purchase ${purchase.key}`)
}

/**
 * A license that somebody else ordered, and what the provider may change about it. One that was bought once stays as
 * it was ordered, and only follows the fate of the money; one that is paid for again and again follows the payments.
 */
export function adoptExisting(license: License, purchaseKey: string): PurchaseLink {
  const { id, origin, tier, seats, userEmail, customerId, subscriptionId, facts } = license
  const { billing, risk } = facts
  return {
    id,
    given: {
      risk,
      customerId,
      subscriptionId,
      ...(userEmail === null && { userEmail }),
      ...(purchaseKey.startsWith('sub:') && {
        billing,
        // What was ordered: another tier, with its seats, is what a person made of it since.
        tier: origin.tier,
        ...(tier === origin.tier && { seats }),
      }),
    },
  }
}

/** Whether a license that was ordered for a payment is not what was paid for. */
export const differsFromPurchase = (ordered: License, { userId, tier }: Entitlement) =>
  ordered.userId !== (userId ?? ordered.userId) || ordered.tier !== tier

function toLicense(
  purchaseKey: string,
  entitlement: Entitlement,
  issuedAt: number,
  keys: Keys,
  now: number,
): License {
  const subject = entitlement.userId ?? purchaseKey
  const origin = {
    subject,
    tier: entitlement.tier,
    issuedAt,
    keyVersion: keys.ring.current,
  }
  return createLicense(origin, entitlement, keys, now).license
}

/**
 * What is to change about a license because the provider gives something else than it gave last. An owner or an address
 * that somebody else named stays: the vendor's server or a person knew better.
 */
async function toChange(
  store: Pick<LicenseStore, 'find'>,
  held: PurchaseLink,
  wanted: Partial<Entitlement>,
  context: ReconcileContext,
  now: number,
): Promise<{ readonly next: PurchaseLink; readonly license?: Batch['license'] }> {
  const { id, given } = held
  const names = Object.keys(given) as (keyof Entitlement)[]
  const changed = names.filter((name) => name in wanted && !isEqual(given[name], wanted[name]))
  // What was ordered for a payment that failed was not paid for, however long it was to last.
  if (!given.billing && wanted.billing?.status === 'ended') changed.push('billing')
  if (changed.length === 0) return { next: held }

  const license = await store.find(id)
  if (!license) throw new Error('A purchase points to a license that does not exist')
  const isKept = (name: keyof Entitlement) =>
    (name === 'userId' || name === 'userEmail') && license[name] !== given[name]
  const due = changed.filter((name) => !isKept(name))
  if (due.length === 0) return { next: held }

  const to: LicenseChange = Object.fromEntries(due.map((name) => [name, wanted[name]]))
  const { extendedUntil } = license.facts
  const next = { id, given: { ...given, ...to } }
  return {
    next,
    license: {
      changed: id,
      expected: license.version,
      // Said once more, since the end of the whole depends on it.
      to: { ...to, ...(to.billing && extendedUntil !== undefined && { extendedUntil }) },
      audit: auditChange(
        context,
        id,
        selectReplaced(license, to),
        to,
        Math.max(now, license.changedAt + 1),
      ),
      notices: diffNotices(given, next.given, now),
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
function isEqual(a: Entitlement[keyof Entitlement] | undefined, b: typeof a): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return a === b
  return BILLING.every((part) => a[part] === b[part])
}
