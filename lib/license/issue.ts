import { auditOfChange, auditOfIssue, type Cause } from './audit.ts'
import { type Keys, type LicenseKey, licenseId, makeKey, remakeKey } from './key.ts'
import type { License, LicenseChange } from './license.ts'
import { noticesOf } from './outbox.ts'
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
export interface Order extends Cause {
  readonly userId: string
  readonly userEmail: string | null
  readonly tier: string
  /** Whole days from issue on, or `LIFETIME`. */
  readonly durationDays: number
  readonly seats: number
  readonly paymentIntentId: string | null
  /** `pi:<id>` or `cs:<id>`: one purchase gets one license. */
  readonly purchaseKey?: string
  /** One answer for every repetition of a request. */
  readonly request?: Claim
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
  const claims: Claim[] = []
  if (order.request) claims.push(order.request)
  if (order.purchaseKey) claims.push({ kind: 'purchase', key: order.purchaseKey })

  const first = Math.floor(now / 1000)
  for (let issuedAt = first; issuedAt < first + MAX_AT_ONCE; issuedAt++) {
    const origin = {
      subject: order.userId,
      tier: order.tier,
      issuedAt,
      keyVersion: keys.ring.current,
    }
    const key = makeKey(origin, keys)
    const license = toLicense(order, origin, licenseId(key, keys.pepper), now)
    const audit = auditOfIssue(order, license)
    const notices = noticesOf({}, license.facts, now)
    const outcome = await store.commit({
      claims,
      license: { issued: license, audit, notices },
      now,
    })
    if (outcome.status === 'written') return ok({ license, key, repeated: false })
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
  for (;;) {
    const found = claim.licenseId !== null && (await store.find(claim.licenseId))
    if (!found) throw new Error('A claim points to a license that does not exist')
    if ((found.userId ?? order.userId) !== order.userId || found.origin.tier !== order.tier) {
      return err('CONFLICT')
    }
    const license = await owned(store, found, order, now)
    if (!license) continue
    if (claim.kind === 'purchase' && order.request) {
      const held = await store.claim(order.request, license.id, now)
      if (held && held.fingerprint !== order.request.fingerprint) return err('CONFLICT')
    }
    return ok({ license, key: remakeKey(license, keys), repeated: true })
  }
}

/**
 * A purchase that came without a user belongs to the one that the vendor's server names.
 * Undefined when somebody else changed the license at the same moment.
 */
async function owned(
  store: LicenseStore,
  license: License,
  order: Order,
  now: number,
): Promise<License | undefined> {
  if (license.userId !== null) return license
  const to: LicenseChange = {
    userId: order.userId,
    ...(license.userEmail === null && { userEmail: order.userEmail }),
  }
  const before = { userId: null, ...(license.userEmail === null && { userEmail: null }) }
  const outcome = await store.commit({
    claims: [],
    license: {
      changed: license.id,
      expected: license.version,
      to,
      audit: auditOfChange({ ...order, reason: 'claimed' }, license.id, before, to, now),
      notices: [],
    },
    now,
  })
  if (outcome.status !== 'written') return
  return { ...license, ...to, version: license.version + 1 }
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
    seats: order.seats,
    paymentIntentId: order.paymentIntentId,
    facts: { admin: 'clear', billing: { status: 'paid', paidUntil }, risk: 'clear' },
    version: 1,
    createdAt: now,
  }
}
