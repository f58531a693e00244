import type { LicenseId } from './key.ts'
import type { AuditEntry, License } from './license.ts'

/**
 * What may happen only once. A claim is written together with the license that it is for, and whoever comes
 * second with the same kind and key is told which license the first one got.
 */
export interface Claim {
  /** `purchase`: one payment, one license. `request`: one Idempotency-Key, one answer. `event`: one Stripe event, one effect. */
  readonly kind: 'purchase' | 'request' | 'event'
  readonly key: string
  /** What was asked for, so that the same key with another question can be refused. */
  readonly fingerprint?: string
  /** Milliseconds since the epoch from which on the claim no longer counts. Absent: for ever. */
  readonly expiresAt?: number
}

export interface HeldClaim extends Claim {
  readonly licenseId: LicenseId
}

/** A license with all that is written in the same transaction. */
interface Issue {
  readonly license: License
  readonly audit: AuditEntry
  readonly claims: readonly Claim[]
}

type IssueOutcome =
  | { readonly status: 'issued' }
  /** Another license has this id: the same subject, tier and second. */
  | { readonly status: 'taken' }
  /** The first of the claims, in the order given, that somebody holds. */
  | { readonly status: 'claimed'; readonly claim: HeldClaim }

/** A purchase that was paid but cannot become a license yet. Kept until somebody says what was bought. */
export interface ParkedPurchase {
  readonly purchaseKey: string
  readonly reason: 'TIER_MISSING' | 'TIER_UNKNOWN'
  readonly userId: string | null
  readonly userEmail: string | null
  readonly tier: string | null
  readonly eventId: string
  /** Milliseconds since the epoch. */
  readonly parkedAt: number
}

/** What the core needs of a database. Every method throws `StoreUnavailable` when the database cannot answer. */
export interface LicenseStore {
  /** Reads the newest committed state: a revocation counts from the moment it is written. */
  find(id: LicenseId): Promise<License | undefined>
  /** Writes all of an issue or nothing. A parked purchase does not stand in the way of its claim. */
  issue(issue: Issue): Promise<IssueOutcome>
  /** Holds a claim for a license that is there already. Answers the claim that somebody else held at `now`, if any. */
  claim(claim: Claim, licenseId: LicenseId, now: number): Promise<HeldClaim | undefined>
  /** Keeps a purchase aside. A purchase that was issued or parked before stays as it is. */
  park(purchase: ParkedPurchase): Promise<'parked' | 'known'>
}

/** The database did not answer, or kept refusing. Asking again later can succeed. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  constructor(cause: unknown) {
    super('The license store is unavailable', { cause })
  }
}
