import { auditChange, auditIssue, type Cause } from './audit.ts'
import { createLicense } from './createLicense.ts'
import { type Keys, rederiveKey, withFreeSecond } from './key.ts'
import type { Entitlement, KeyOrigin, License, LicenseChange, LicenseKey, Risk } from './license.ts'
import { diffNotices } from './notices.ts'
import { adoptExisting, type PurchaseLink } from './reconcile.ts'
import { err, ok, type Result } from './result.ts'
import type { Claim, ExistingClaim, LicenseStore, ProviderRecord } from './store.ts'
import { DAY_MS } from './time.ts'

/** The `duration` of a lifetime license. */
export const LIFETIME = -1

/** A request to issue a license, by the vendor's server or an admin. */
export interface IssueRequest extends Cause {
  readonly userId: string
  readonly userEmail: string | null
  readonly tier: string
  /** Whole days from issue, or `LIFETIME`. */
  readonly durationDays: number
  readonly seats: number
  readonly paymentIntentId: string | null
  /** The subscription that the license is for. */
  readonly subscriptionId?: string
  /** The number of concurrent requests for the same user and tier that precede this one, in seconds to skip. */
  readonly ahead?: number
  /** A fixed end in milliseconds since the epoch instead of a duration; null for a lifetime license. */
  readonly paidUntil?: number | null
  /** True if the caller chose the duration, false if it is the tier's default. */
  readonly durationChosen: boolean
  /** `sub:<id>`, `pi:<id>` or `cs:<id>`: one purchase gets one license. */
  readonly purchaseKey?: string
  readonly known?: KnownPurchase
  /** Makes repetitions of the request return the same license. */
  readonly request?: Claim
}

/** The payment provider's records of the purchase at the time of the request. */
interface KnownPurchase {
  /** Ids of records that do not exist, and must not exist when the license is written. */
  readonly absent?: readonly string[]
  /** The license of the purchase, if there is one. */
  readonly link?: PurchaseLink
  readonly risk?: Risk
  /** Returns the records of the purchase to write, with a link to its license. */
  readonly records?: (link: PurchaseLink) => readonly ProviderRecord[]
}

export interface Issued {
  readonly license: License
  readonly key: LicenseKey
  /** True if an earlier request or event created the license. */
  readonly repeated: boolean
}

/**
 * Issues a license. Idempotent by purchase and by request: a repetition returns the license of the first call. A
 * second license for the same subject and tier in the same second takes the next free second.
 *
 * Returns `CONFLICT` for an Idempotency-Key that was used for a different request, a purchase that belongs to another
 * user or tier, and a subject without a free second; `STALE` if the records of the purchase changed since they
 * were read, so that the caller has to read them again.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function issueLicense(
  context: IssueContext,
  order: IssueRequest,
): Promise<Result<Issued, 'CONFLICT' | 'STALE'>> {
  const { store, keys, now } = context
  const { purchaseKey, known = {} } = order
  if (purchaseKey && known.link) {
    const { id } = known.link
    return repeat(context, order, { kind: 'purchase', key: purchaseKey, licenseId: id })
  }
  const claims: Claim[] = []
  if (order.request) claims.push(order.request)
  if (purchaseKey) claims.push({ kind: 'purchase', key: purchaseKey })

  const attempt = async (
    issuedAt: number,
  ): Promise<Result<Issued, 'CONFLICT' | 'STALE'> | undefined> => {
    const origin = {
      subject: order.userId,
      tier: order.tier,
      issuedAt,
      keyVersion: keys.ring.current,
    }
    const { license, key } = createLicense(origin, toEntitlement(order, origin), keys, now)
    const outcome = await store.commit({
      claims,
      absent: { records: known.absent ?? [] },
      records:
        purchaseKey && known.records ? known.records(adoptExisting(license, purchaseKey)) : [],
      license: {
        issued: license,
        audit: auditIssue(order, license),
        notices: diffNotices({}, license.facts, now),
      },
      now,
    })
    if (outcome.status === 'written') return ok({ license, key, repeated: false })
    if (outcome.status === 'stale') return err('STALE')
    return outcome.status === 'claimed' ? repeat(context, order, outcome.claim) : undefined
  }
  return (await withFreeSecond(now, attempt, order.ahead)) ?? err('CONFLICT')
}

export interface IssueContext {
  readonly store: LicenseStore
  readonly keys: Keys
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Returns the license of an earlier request or event, if it is the one that was requested. */
async function repeat(
  { store, keys, now }: IssueContext,
  order: IssueRequest,
  claim: ExistingClaim,
): Promise<Result<Issued, 'CONFLICT' | 'STALE'>> {
  if (claim.kind === 'request' && claim.fingerprint !== order.request?.fingerprint) {
    return err('CONFLICT')
  }
  const found = claim.licenseId !== null && (await store.find(claim.licenseId))
  if (!found) throw new Error('A claim points to a license that does not exist')
  const isSameTier = [found, ...found.earlierKeys].some(({ origin }) => origin.tier === order.tier)
  if ((found.userId ?? order.userId) !== order.userId || !isSameTier) return err('CONFLICT')
  const license = await applyRequest(store, found, order, now)
  if (!license) return err('STALE')
  if (claim.kind === 'purchase' && order.request) {
    const existing = await store.claim(order.request, license.id, now)
    if (existing && existing.fingerprint !== order.request.fingerprint) return err('CONFLICT')
  }
  return ok({ license, key: rederiveKey(license, keys), repeated: true })
}

/**
 * Applies a request to the license that a payment created: assigns the user if no event named one, and sets the
 * duration that the caller chose if the current one comes from the provider. Returns undefined if the license was
 * changed concurrently.
 */
async function applyRequest(
  store: LicenseStore,
  license: License,
  order: IssueRequest,
  now: number,
): Promise<License | undefined> {
  const { userId, userEmail } = order
  const isUnassigned = license.userId === null
  const { link, records } = order.known ?? {}
  const { billing } = license.facts
  // The duration counts from the first key: a replacement is issued later than the purchase.
  const { origin } = license.earlierKeys[0] ?? license
  const isSubscription = order.purchaseKey?.startsWith('sub:')
  const setsDuration =
    order.durationChosen && !isSubscription && link?.given.billing && billing.status === 'paid'
  if (!isUnassigned && !setsDuration) return license

  const to: LicenseChange = {
    ...(isUnassigned && { userId }),
    ...(isUnassigned && license.userEmail === null && { userEmail }),
    ...(setsDuration && { billing: { ...billing, paidUntil: toPaidUntil(order, origin) } }),
  }
  const before: LicenseChange = {
    ...(isUnassigned && { userId: null }),
    ...(isUnassigned && license.userEmail === null && { userEmail: null }),
    ...(setsDuration && { billing }),
  }
  const { billing: _, ...given } = link?.given ?? {}
  const at = Math.max(now, license.changedAt + 1)
  const outcome = await store.commit({
    claims: [],
    records: setsDuration && link && records ? records({ id: link.id, given }) : [],
    license: {
      changed: license.id,
      expected: license.version,
      to,
      audit: auditChange({ ...order, reason: 'claimed' }, license.id, before, to, at),
      notices: [],
    },
    now,
  })
  if (outcome.status !== 'written') return
  const { billing: changed = billing, ...terms } = to
  return {
    ...license,
    ...terms,
    facts: { ...license.facts, billing: changed },
    version: license.version + 1,
    changedAt: at,
  }
}

function toPaidUntil({ durationDays, paidUntil }: IssueRequest, { issuedAt }: KeyOrigin) {
  if (paidUntil !== undefined) return paidUntil
  return durationDays === LIFETIME ? null : issuedAt * 1000 + durationDays * DAY_MS
}

function toEntitlement(order: IssueRequest, origin: KeyOrigin): Entitlement {
  return {
    userId: order.userId,
    userEmail: order.userEmail,
    tier: order.tier,
    seats: order.seats,
    paymentIntentId: order.paymentIntentId,
    customerId: null,
    subscriptionId: order.subscriptionId ?? null,
    billing: { status: 'paid', paidUntil: toPaidUntil(order, origin) },
    risk: order.known?.risk ?? 'clear',
  }
}
