import { evaluate, isValidState, validUntil } from './evaluate.ts'
import type { LicenseId } from './key.ts'
import type { License, LicenseFacts } from './license.ts'
import { DAY_MS } from './time.ts'
import type { ValidVerdict } from './verify.ts'

/** The most days that a tier may let a device go on without asking. */
export const MAX_LEASE_DAYS = 90

/** What the catalog says of the leases of a tier. */
export interface LeaseTerms {
  /** How long a device may go on without asking. */
  readonly leaseDays: number
  /** How long access goes on after a failed renewal. */
  readonly graceDays: number
}

/**
 * Until when a device may go on without asking, in milliseconds since the epoch: some days, and no longer than the
 * license is paid for and may be in grace, nor than the key is good.
 */
export function toLeaseEnd(
  { license, keyUntil = Number.POSITIVE_INFINITY }: ValidVerdict,
  now: number,
  { leaseDays, graceDays }: LeaseTerms,
): number {
  return Math.min(now + leaseDays * DAY_MS, servedUntil(license.facts, graceDays), keyUntil)
}

/**
 * How long a license can be good by what is known of it. One that is going to be renewed is in grace, at the worst, when
 * the renewal fails: whoever is offline just then has not to come back for it.
 */
function servedUntil(facts: LicenseFacts, graceDays: number): number {
  const { status, paidUntil, graceUntil, cancelAt } = facts.billing
  const known = validUntil(facts)
  const isRenewed = status === 'paid' && graceUntil !== undefined && cancelAt === undefined
  if (!isRenewed || paidUntil === null || known === Number.NEGATIVE_INFINITY) return known
  return Math.max(known, paidUntil + graceDays * DAY_MS)
}

/** That leases which were given for a license do not count any more. All moments are milliseconds since the epoch. */
export interface Revocation {
  readonly licenseId: LicenseId
  /** Leases that were given up to then are void; later ones count. */
  readonly at: number
  /** No lease can last longer, so that nobody needs to know of it any more. */
  readonly until: number
  /** Whoever has a key that leaked has leases as well; they stay void whatever becomes of the license. */
  readonly isForGood: boolean
}

/** What a change of a license means to the leases that were given for it. */
export type LeaseChange =
  | { readonly revoked: Revocation }
  /** They count again: whoever was wronged by mistake, and has not asked meanwhile, is not to suffer from it. */
  | { readonly restored: Pick<Revocation, 'licenseId' | 'at'> }

/**
 * What a change of a license means to its leases: nothing, unless it is not good any more, its key was replaced at once,
 * or it is good again. Leases were given by what was known of it then, and not by what was known last, so any of them may last
 * as long as a lease can.
 *
 * @param leaseDays of the tier with the longest leases: it may have been the license's own
 */
export function toLeaseChange(
  before: License,
  after: License,
  leaseDays: number,
): LeaseChange | undefined {
  const { id: licenseId, changedAt: at } = after
  const lease = leaseDays * DAY_MS
  const lastGood = Math.min(at, validUntil(before.facts))
  const mayBeHeld = lastGood + lease > at
  const isGoodNow = isValidState(evaluate(after.facts, at).state)
  const replaced = after.earlierKeys.find(({ keyId }) => keyId === before.keyId)
  const isForGood = replaced !== undefined && replaced.until <= at
  // A key that leaked is one also while the license is bad for another reason, which may be taken back.
  if (isForGood || (mayBeHeld && !isGoodNow)) {
    return { revoked: { licenseId, at, until: at + lease, isForGood } }
  }
  const wasGood = isValidState(evaluate(before.facts, at).state)
  return isGoodNow && !wasGood ? { restored: { licenseId, at } } : undefined
}
