import { auditChange, auditIssue, type Cause } from './audit.ts'
import { createLicense } from './createLicense.ts'
import { type Keys, type LicenseKey, rederiveKey } from './key.ts'
import type { Entitlement, KeyOrigin, License, LicenseChange, Risk } from './license.ts'
import { diffNotices } from './notices.ts'
import { adoptExisting, type PurchaseLink } from './reconcile.ts'
import { err, ok, type Result } from './result.ts'
import type { Claim, ExistingClaim, LicenseStore, ProviderRecord } from './store.ts'
import { DAY_MS } from './time.ts'

/** How long a license without an end is said to last where a number is needed: the seed's 100 years of 365 days. */
export const LIFETIME_DAYS = 100 * 365

/** The `duration` that means a license without an end, as in the seed. */
export const LIFETIME = -1

/** The longest license that is not for life, in days. */
export const MAX_DURATION_DAYS = 36_500

/** What somebody is entitled to. */
export interface IssueRequest extends Cause {
  readonly userId: string
  readonly userEmail: string | null
  readonly tier: string
  /** Whole days from issue on, or `LIFETIME`. */
  readonly durationDays: number
  readonly seats: number
  readonly paymentIntentId: string | null
  /** Of the subscription that the order is for. */
  readonly subscriptionId?: string
  /** How many orders of the same user and tier come before it at once, so that it begins where they end. */
  readonly ahead?: number
  /** The end of what is not counted from its issue, in milliseconds since the epoch; null for never. */
  readonly paidUntil?: number | null
  /** Somebody chose how long, and did not leave it to the tier. */
  readonly durationChosen: boolean
  /** `sub:<id>`, `pi:<id>` or `cs:<id>`: one purchase gets one license. */
  readonly purchaseKey?: string
  readonly told?: KnownPurchase
  /** One answer for every repetition of a request. */
  readonly request?: Claim
}

/** What a payment provider has told of the purchase by now. */
export interface KnownPurchase {
  /** The records in which it might have, and has not. */
  readonly absent?: readonly string[]
  /** The license that the purchase became. */
  readonly held?: PurchaseLink
  readonly risk?: Risk
  /** What is kept of the purchase, which is to remember its license. */
  readonly records?: (held: PurchaseLink) => readonly ProviderRecord[]
}

export interface Issued {
  readonly license: License
  readonly key: LicenseKey
  /** The license was there before this call. */
  readonly repeated: boolean
}

/** More licenses for one subject and tier at once than this are refused: their keys would lie too far in the future. */
const MAX_AT_ONCE = 300

/**
 * Issues the license of an order, once: a repeated order gets the license of the first one. A key names its second,
 * so a second license for the same subject and tier in one second takes the next free one.
 *
 * Refuses with `CONFLICT` an Idempotency-Key that was used for another order, a purchase that belongs to another
 * user or tier, and a subject that has used up every second within reach; with `STALE` when the provider told more of
 * the purchase meanwhile, so that it has to be looked at again.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function issueLicense(
  context: IssueContext,
  order: IssueRequest,
): Promise<Result<Issued, 'CONFLICT' | 'STALE'>> {
  const { store, keys, now } = context
  const { purchaseKey, told = {} } = order
  if (purchaseKey && told.held) {
    const { id } = told.held
    return repeat(context, order, { kind: 'purchase', key: purchaseKey, licenseId: id })
  }
  const claims: Claim[] = []
  if (order.request) claims.push(order.request)
  if (purchaseKey) claims.push({ kind: 'purchase', key: purchaseKey })

  const first = Math.floor(now / 1000) + (order.ahead ?? 0)
  for (let issuedAt = first; issuedAt < first + MAX_AT_ONCE; issuedAt++) {
    const origin = {
      subject: order.userId,
      tier: order.tier,
      issuedAt,
      keyVersion: keys.ring.current,
    }
    const { license, key } = createLicense(origin, toEntitlement(order, origin), keys, now)
    const outcome = await store.commit({
      claims,
      absent: { records: told.absent ?? [] },
      records: purchaseKey && told.records ? told.records(adoptExisting(license, purchaseKey)) : [],
      license: {
        issued: license,
        audit: auditIssue(order, license),
        notices: diffNotices({}, license.facts, now),
      },
      now,
    })
    if (outcome.status === 'written') return ok({ license, key, repeated: false })
    if (outcome.status === 'stale') return err('STALE')
    if (outcome.status === 'claimed') return repeat(context, order, outcome.claim)
  }
  return err('CONFLICT')
}

export interface IssueContext {
  readonly store: LicenseStore
  readonly keys: Keys
  /** Milliseconds since the epoch. */
  readonly now: number
}

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
  const wasOfTier = [found, ...found.earlierKeys].some(({ origin }) => origin.tier === order.tier)
  if ((found.userId ?? order.userId) !== order.userId || !wasOfTier) return err('CONFLICT')
  const license = await applyRequest(store, found, order, now)
  if (!license) return err('STALE')
  if (claim.kind === 'purchase' && order.request) {
    const held = await store.claim(order.request, license.id, now)
    if (held && held.fingerprint !== order.request.fingerprint) return err('CONFLICT')
  }
  return ok({ license, key: rederiveKey(license, keys), repeated: true })
}

/**
 * A license that came of a payment, as the vendor's server wants it: for the user that it names, if nobody did, and
 * for as long as it chose, if only the provider did. Undefined when somebody else changed it at the same moment.
 */
async function applyRequest(
  store: LicenseStore,
  license: License,
  order: IssueRequest,
  now: number,
): Promise<License | undefined> {
  const { userId, userEmail } = order
  const isUnclaimed = license.userId === null
  const { held, records } = order.told ?? {}
  const { billing } = license.facts
  // A key that was replaced begins later than what was bought.
  const { origin } = license.earlierKeys[0] ?? license
  const isForAPeriod = order.purchaseKey?.startsWith('sub:')
  const chooses =
    order.durationChosen && !isForAPeriod && held?.given.billing && billing.status === 'paid'
  if (!isUnclaimed && !chooses) return license

  const to: LicenseChange = {
    ...(isUnclaimed && { userId }),
    ...(isUnclaimed && license.userEmail === null && { userEmail }),
    ...(chooses && { billing: { ...billing, paidUntil: toPaidUntil(order, origin) } }),
  }
  const before: LicenseChange = {
    ...(isUnclaimed && { userId: null }),
    ...(isUnclaimed && license.userEmail === null && { userEmail: null }),
    ...(chooses && { billing }),
  }
  const { billing: _, ...given } = held?.given ?? {}
  const at = Math.max(now, license.changedAt + 1)
  const outcome = await store.commit({
    claims: [],
    records: chooses && held && records ? records({ id: held.id, given }) : [],
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
    risk: order.told?.risk ?? 'clear',
  }
}
