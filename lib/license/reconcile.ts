import { auditChange, auditIssue, type Cause, selectReplaced } from './audit.ts'
import { createLicense } from './createLicense.ts'
import { type Keys, withFreeSecond } from './key.ts'
import type { Billing, Entitlement, License, LicenseChange, LicenseId, Risk } from './license.ts'
import { diffNotices } from './notices.ts'
import type { Batch, Claim, ClaimName, LicenseStore, ProviderRecord } from './store.ts'

/** The license of a purchase, and the fields that the provider set last. The provider never changes absent fields. */
export interface PurchaseLink {
  readonly id: LicenseId
  readonly given: Partial<Entitlement>
}

/** The result of all known facts about a purchase. */
export interface Purchase {
  /** `sub:<id>`, `pi:<id>` or `cs:<id>`: one purchase gets one license. */
  readonly key: string
  /** Undefined if no license is due. */
  readonly entitlement: Entitlement | undefined
  /** The state of the money, also for a purchase whose tier is unknown. */
  readonly risk: Risk
  readonly link: PurchaseLink | undefined
}

/** The cause, and the writes that belong to the same transaction. */
export interface ReconcileContext extends Cause {
  /** The claim of the event, so that it has its effect once. */
  readonly claims: readonly Claim[]
  /** Other ids of the purchase, by which no license may have been issued meanwhile. */
  readonly free: readonly ClaimName[]
  /** Returns the records of the purchase to write, with a link to its license. */
  readonly records: (link: PurchaseLink | undefined) => readonly ProviderRecord[]
}

export type ReconcileResult =
  | {
      readonly status: 'reconciled'
      readonly link: PurchaseLink | undefined
      /** The effect on the license. */
      readonly effect: 'issued' | 'changed' | 'none'
      /** The vendor's server had issued a license for the payment to another user or tier. */
      readonly conflict?: true
    }
  /** A record was written concurrently; the caller reads again. */
  | { readonly status: 'stale' }
  /** The event was applied before. */
  | { readonly status: 'repeated' }

/**
 * Brings the license of a purchase in line with its facts: issues it once, or changes it. Event, records, license and
 * history are written in one transaction. A license that the vendor's server issued first is adopted.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function reconcile(
  { store, keys, now }: { store: LicenseStore; keys: Keys; now: number },
  purchase: Purchase,
  context: ReconcileContext,
): Promise<ReconcileResult> {
  const { entitlement, link } = purchase
  const absent = { claims: context.free.filter(({ key }) => key !== purchase.key) }
  if (link || !entitlement) {
    const { next, license } = link
      ? await toChange(store, link, entitlement ?? { risk: purchase.risk }, context, now)
      : {}
    const outcome = await store.commit({
      claims: context.claims,
      absent: link ? absent : { claims: context.free },
      records: context.records(next),
      ...(license && { license }),
      now,
    })
    if (outcome.status === 'written') {
      return { status: 'reconciled', link: next, effect: license ? 'changed' : 'none' }
    }
    return { status: outcome.status === 'claimed' ? 'repeated' : 'stale' }
  }

  const claims: Claim[] = [...context.claims, { kind: 'purchase', key: purchase.key }]
  const issued = await withFreeSecond<ReconcileResult>(now, async (issuedAt) => {
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
    if (outcome.status === 'taken') return
    if (outcome.status === 'written') return { status: 'reconciled', link: next, effect: 'issued' }
    if (outcome.status === 'stale') return outcome
    const { kind, licenseId } = outcome.claim
    if (kind === 'event') return { status: 'repeated' }
    const existing = licenseId !== null && (await store.find(licenseId))
    if (!existing) throw new Error('A purchase points to a license that does not exist')
    const adopted = { ...purchase, link: adoptExisting(existing, purchase.key) }
    const result = await reconcile({ store, keys, now }, adopted, context)
    const conflict = differsFromPurchase(existing, entitlement)
    return result.status === 'reconciled' && conflict ? { ...result, conflict } : result
  })
  if (!issued) throw new Error(`No unused issue time is available for the purchase ${purchase.key}`)
  return issued
}

/**
 * Links a purchase to a license that the vendor's server issued, and states which fields the provider may change. A
 * one-time purchase keeps the requested terms and follows refunds and disputes only; a subscription also follows its
 * payments.
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
        // The requested tier. A different current tier, with its seats, was set by an admin.
        tier: origin.tier,
        ...(tier === origin.tier && { seats }),
      }),
    },
  }
}

/** Returns true if a license issued for a payment has another user or tier than the purchase. */
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
 * Returns the change of a license that follows from new values of the provider. A user or email address that the
 * vendor's server or an admin set since is kept.
 */
async function toChange(
  store: Pick<LicenseStore, 'find'>,
  link: PurchaseLink,
  wanted: Partial<Entitlement>,
  context: ReconcileContext,
  now: number,
): Promise<{ readonly next: PurchaseLink; readonly license?: Batch['license'] }> {
  const { id, given } = link
  const names = Object.keys(given) as (keyof Entitlement)[]
  const changed = names.filter((name) => name in wanted && !isEqual(given[name], wanted[name]))
  // A license that was issued for a payment which then failed ends, whatever its duration.
  if (!given.billing && wanted.billing?.status === 'ended') changed.push('billing')
  if (changed.length === 0) return { next: link }

  const license = await store.find(id)
  if (!license) throw new Error('A purchase points to a license that does not exist')
  const isKept = (name: keyof Entitlement) =>
    (name === 'userId' || name === 'userEmail') && license[name] !== given[name]
  const due = changed.filter((name) => !isKept(name))
  if (due.length === 0) return { next: link }

  const to: LicenseChange = Object.fromEntries(due.map((name) => [name, wanted[name]]))
  const { extendedUntil } = license.facts
  const next = { id, given: { ...given, ...to } }
  return {
    next,
    license: {
      changed: id,
      expected: license.version,
      // Repeated, since the end in the index depends on both.
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

/** Compares two values of a field. Only billing has several parts. */
function isEqual(a: Entitlement[keyof Entitlement] | undefined, b: typeof a): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return a === b
  return BILLING.every((part) => a[part] === b[part])
}
