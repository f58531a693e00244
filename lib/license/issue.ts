import { type Keys, type LicenseKey, licenseId, makeKey, remakeKey } from './key.ts'
import type { AuditEntry, License } from './license.ts'
import { err, ok, type Result } from './result.ts'
import type { Claim, HeldClaim, LicenseStore } from './store.ts'

/** How long a license without an end is said to last where a number is needed: the seed's 100 years of 365 days. */
export const LIFETIME_DAYS = 100 * 365

/** The `duration` that means a license without an end, as in the seed. */
export const LIFETIME = -1

/** The longest license that is not for life, in days. */
export const MAX_DURATION_DAYS = 36_500

export const DAY_MS = 24 * 60 * 60 * 1000

/** What somebody is entitled to. */
export interface Order {
  readonly userId: string | null
  readonly userEmail: string | null
  readonly tier: string
  /** Whole days from issue on, or `LIFETIME`. */
  readonly durationDays: number
  readonly paymentIntentId: string | null
  /** `pi:<id>` or `cs:<id>`: one purchase gets one license. */
  readonly purchaseKey?: string
  /** One answer for every repetition of a request. */
  readonly request?: Claim
  readonly actor: string
  readonly reason: string
  readonly requestId: string
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
 * user or tier, and a subject that has used up every second within reach.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function issueLicense(
  { store, keys, now }: { store: LicenseStore; keys: Keys; now: number },
  order: Order,
): Promise<Result<Issued, 'CONFLICT'>> {
  const subject = order.userId ?? order.purchaseKey
  if (subject === undefined) throw new TypeError('An order needs a user or a purchase')
  const claims: Claim[] = []
  if (order.request) claims.push(order.request)
  if (order.purchaseKey) claims.push({ kind: 'purchase', key: order.purchaseKey })

  const first = Math.floor(now / 1000)
  for (let issuedAt = first; issuedAt < first + MAX_AT_ONCE; issuedAt++) {
    const origin = { subject, tier: order.tier, issuedAt, keyVersion: keys.ring.current }
    const key = makeKey(origin, keys)
    const license = toLicense(order, origin, licenseId(key, keys.pepper), now)
    const outcome = await store.issue({ license, audit: toAudit(order, license), claims })
    if (outcome.status === 'issued') return ok({ license, key, repeated: false })
    if (outcome.status === 'claimed') return repeat({ store, keys, now }, order, outcome.claim)
  }
  return err('CONFLICT')
}

async function repeat(
  { store, keys, now }: { store: LicenseStore; keys: Keys; now: number },
  order: Order,
  claim: HeldClaim,
): Promise<Result<Issued, 'CONFLICT'>> {
  if (claim.kind === 'request' && claim.fingerprint !== order.request?.fingerprint) {
    return err('CONFLICT')
  }
  const license = await store.find(claim.licenseId)
  if (!license) throw new Error('A claim points to a license that does not exist')
  const { subject, tier } = license.origin
  if (subject !== (order.userId ?? order.purchaseKey) || tier !== order.tier) return err('CONFLICT')
  if (claim.kind === 'purchase' && order.request) {
    const held = await store.claim(order.request, license.id, now)
    if (held && held.fingerprint !== order.request.fingerprint) return err('CONFLICT')
  }
  return ok({ license, key: remakeKey(license, keys), repeated: true })
}

function toLicense(
  order: Order,
  origin: License['origin'],
  id: License['id'],
  now: number,
): License {
  const paidUntil =
    order.durationDays === LIFETIME ? null : origin.issuedAt * 1000 + order.durationDays * DAY_MS
  return {
    id,
    origin,
    userId: order.userId,
    userEmail: order.userEmail,
    tier: order.tier,
    paymentIntentId: order.paymentIntentId,
    facts: { admin: 'clear', billing: { status: 'paid', paidUntil }, risk: 'clear' },
    version: 1,
    createdAt: now,
  }
}

function toAudit(order: Order, license: License): AuditEntry {
  return {
    licenseId: license.id,
    at: license.createdAt,
    actor: order.actor,
    action: 'issued',
    reason: order.reason,
    requestId: order.requestId,
    before: null,
    after: license.facts,
  }
}
