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
  /** A person lets it go on until then at least, whatever was paid. Milliseconds since the epoch. */
  readonly extendedUntil?: number
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
  /** The payment provider's ids of who pays, and of what is paid again and again. */
  readonly customerId: string | null
  readonly subscriptionId: string | null
}

/** What a purchase entitles to, as whoever took the money tells. */
export interface Entitlement extends Terms, Omit<LicenseFacts, 'admin' | 'extendedUntil'> {}

/** A key that was replaced, and until when it goes on being good. */
export interface EarlierKey {
  /** What it is found by. */
  readonly keyId: LicenseId
  readonly origin: KeyOrigin
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** Which key a license has, and which it had. */
interface KeyHistory {
  readonly origin: KeyOrigin
  /** What the key is found by: the id of the license, unless it was replaced. */
  readonly keyId: LicenseId
  readonly earlierKeys: readonly EarlierKey[]
}

/** How many devices are active, and when some were released: milliseconds since the epoch. */
interface SeatUsage {
  readonly devices: number
  readonly releases: readonly number[]
}

export interface License extends Terms, KeyHistory, SeatUsage {
  readonly id: LicenseId
  readonly facts: LicenseFacts
  /** Counts the changes; a write that expects another version is refused. */
  readonly version: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** When it was changed last, as its history tells. */
  readonly changedAt: number
}

/** What is new about a license. What is absent stays as it is. */
export type LicenseChange = Partial<Terms & LicenseFacts & KeyHistory>

export type AuditAction =
  | 'issued'
  | 'changed'
  | 'revoked'
  | 'suspended'
  | 'reinstated'
  | 'extended'
  | 'tier_changed'
  | 'transferred'
  | 'reissued'
  | 'revealed'
  | 'noted'
  | 'resent'
  | 'device_activated'
  | 'device_released'

/** One line of a license's history. Appended with the change it tells of, never altered. */
export interface AuditEntry {
  readonly licenseId: LicenseId
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Who did it: `token:<id>`, `stripe:<event id>`. */
  readonly actor: string
  readonly action: AuditAction
  readonly reason: string
  readonly requestId: string
  /** What it was before, of what changed. Null for a license that is new. */
  readonly before: LicenseChange | null
  readonly after: LicenseChange & { readonly device?: string }
}
