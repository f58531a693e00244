import { evaluate, goodUntil, isGood } from './evaluate.ts'
import type { LicenseId } from './key.ts'
import type { License, LicenseFacts } from './license.ts'
import { DAY_MS } from './time.ts'
import type { Good } from './verify.ts'

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
export function leaseEnd(
  { license, keyUntil = Number.POSITIVE_INFINITY }: Good,
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
  const known = goodUntil(facts)
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
}

/**
 * What a change of a license means to the leases that were given for it: nothing, unless it is not good any more or
 * its key was replaced at once while a lease may be in use. What makes a license end by and by ends its leases by itself.
 */
export function revocationOf(
  before: License,
  after: License,
  graceDays: number,
): Revocation | undefined {
  const at = after.changedAt
  const until = Math.min(at + MAX_LEASE_DAYS * DAY_MS, servedUntil(before.facts, graceDays))
  const replaced = after.earlierKeys.find(({ keyId }) => keyId === before.keyId)
  const isOver = !isGood(evaluate(after.facts, at).state)
  const isReplaced = replaced !== undefined && replaced.until <= at
  return (isOver || isReplaced) && until > at ? { licenseId: after.id, at, until } : undefined
}
