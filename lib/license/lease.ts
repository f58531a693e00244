import { evaluate, isValidState, validUntil } from './evaluate.ts'
import type { License, LicenseFacts, Revocation } from './license.ts'
import { DAY_MS } from './time.ts'
import type { ValidVerdict } from './verdict.ts'

/** The longest lease that a tier may have, in days. */
export const MAX_LEASE_DAYS = 90

/** The settings of a tier that determine its leases. */
export interface LeaseTerms {
  /** The number of days that a device may run offline. */
  readonly leaseDays: number
  /** The number of days that access continues after a failed renewal. */
  readonly graceDays: number
}

/**
 * Returns the expiry of a lease in milliseconds since the epoch: after `leaseDays`, but not later than the paid period
 * with its possible grace, nor than the key is valid.
 */
function toLeaseEnd(
  { license, keyUntil = Number.POSITIVE_INFINITY }: ValidVerdict,
  now: number,
  { leaseDays, graceDays }: LeaseTerms,
): number {
  return Math.min(now + leaseDays * DAY_MS, servedUntil(license.facts, graceDays), keyUntil)
}

/**
 * Returns the latest time at which a license can be valid by its present facts. A license that will renew enters at
 * least grace, so a device that is offline at that time need not connect for it.
 */
function servedUntil(facts: LicenseFacts, graceDays: number): number {
  const { status, paidUntil, graceUntil, cancelAt } = facts.billing
  const known = validUntil(facts)
  const isRenewed = status === 'paid' && graceUntil !== undefined && cancelAt === undefined
  if (!isRenewed || paidUntil === null || known === Number.NEGATIVE_INFINITY) return known
  return Math.max(known, paidUntil + graceDays * DAY_MS)
}

/** The tolerance between clocks, for which a signed response that is not a lease is valid. */
const RESPONSE_MS = 5 * 60 * 1000

/**
 * Returns the validity of a signed response in milliseconds since the epoch. With `terms`, that of a valid license on an
 * activated device is a lease. Revocations void leases up to a whole second, so a response within the second of a change
 * counts as issued in the next one.
 */
export function toSignedPeriod(
  verdict: ValidVerdict | { readonly valid: false; readonly license?: License | undefined },
  now: number,
  terms?: LeaseTerms,
): { readonly issuedAt: number; readonly expiresAt: number } {
  const expiresAt = verdict.valid && terms ? toLeaseEnd(verdict, now, terms) : now + RESPONSE_MS
  return { issuedAt: verdict.license ? toIssueTime(verdict.license, now) : now, expiresAt }
}

function toIssueTime({ changedAt, version }: License, now: number): number {
  const next = (Math.floor(changedAt / 1000) + 1) * 1000
  return version > 1 && next > now && next - now <= 1000 ? next : now
}

/** The effect of a change on the leases of a license. */
export type LeaseChange =
  | { readonly revoked: Revocation }
  /** Leases are valid again: a mistaken revocation must not lock out a device that is still offline. */
  | { readonly restored: Pick<Revocation, 'licenseId' | 'at'> }

/**
 * Returns the effect of a change on existing leases: undefined unless the license becomes invalid, its key is replaced
 * at once, or it becomes valid again. A lease reflects the facts at its issue, not the latest ones, so any
 * existing lease may last as long as a lease can.
 *
 * @param leaseDays the longest lease of any tier, since the license may have had another tier
 */
export function toLeaseChange(
  before: License,
  after: License,
  leaseDays: number,
): LeaseChange | undefined {
  const { id: licenseId, changedAt: at } = after
  const lease = leaseDays * DAY_MS
  const lastValid = Math.min(at, validUntil(before.facts))
  const mayExist = lastValid + lease > at
  const isValidNow = isValidState(evaluate(after.facts, at).state)
  const replaced = after.earlierKeys.find(({ keyId }) => keyId === before.keyId)
  const isForGood = replaced !== undefined && replaced.until <= at
  // A leaked key stays leaked if the license is also invalid for a reason that may be reversed.
  if (isForGood || (mayExist && !isValidNow)) {
    return { revoked: { licenseId, at, until: at + lease, isForGood } }
  }
  const wasValid = isValidState(evaluate(before.facts, at).state)
  return isValidNow && !wasValid ? { restored: { licenseId, at } } : undefined
}
