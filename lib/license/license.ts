import type { LicenseId } from './key.ts'

/** What a person decided. Only a person changes it; no payment overrides it. */
export type Admin = 'clear' | 'suspended' | 'revoked'

/** What the card networks say: an open dispute suspends, a full refund or a lost dispute revokes. */
export type Risk = 'clear' | 'disputed' | 'refunded' | 'lost'

/**
 * What was paid, until when. All moments are milliseconds since the epoch.
 * `paidUntil: null` means for ever.
 */
export interface Billing {
  readonly status: 'pending' | 'trialing' | 'paid' | 'past_due' | 'unpaid' | 'paused' | 'ended'
  readonly paidUntil: number | null
  /** How long access goes on past what was paid: counted from the invoice that failed, or while a renewal is on its way. */
  readonly graceUntil?: number
  /** A cancellation is scheduled: there will be no renewal, and access ends here at the latest. */
  readonly cancelAt?: number
}

/** The three independent causes that `evaluate` weighs. Facts only, never a computed state. */
export interface LicenseFacts {
  readonly admin: Admin
  readonly billing: Billing
  readonly risk: Risk
}

/** What a key was made from. With the master key it makes the key again, so the key is never stored. */
export interface KeyOrigin {
  /** The user at issue, or the purchase key of a license nobody had claimed. Never changes. */
  readonly subject: string
  /** The tier at issue, which the key shows. The license's own `tier` may have changed since. */
  readonly tier: string
  /** Seconds since the epoch, as printed in the key. */
  readonly issuedAt: number
  /** Which master key of the ring made the key. */
  readonly keyVersion: string
}

/** Whose a license is and what it unlocks. */
interface Terms {
  /** Null while nobody is known to own it (a purchase without a user). */
  readonly userId: string | null
  readonly userEmail: string | null
  readonly tier: string
  /** How many devices may be active at once. */
  readonly seats: number
  readonly paymentIntentId: string | null
}

/** What a purchase entitles to, as whoever took the money tells. */
export interface Entitlement extends Terms, Omit<LicenseFacts, 'admin'> {}

export interface License extends Terms {
  readonly id: LicenseId
  readonly origin: KeyOrigin
  readonly facts: LicenseFacts
  /** Counts the changes; a write that expects another version is refused. */
  readonly version: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** What is new about a license. What is absent stays as it is. */
export type LicenseChange = Partial<Terms & LicenseFacts>

/** One line of a license's history. Appended with the change it tells of, never altered. */
export interface AuditEntry {
  readonly licenseId: LicenseId
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Who did it: `token:<id>`, `stripe:<event id>`. */
  readonly actor: string
  readonly action: 'issued' | 'changed'
  readonly reason: string
  readonly requestId: string
  /** What it was before, of what changed. Null for a license that is new. */
  readonly before: LicenseChange | null
  readonly after: LicenseChange
}
