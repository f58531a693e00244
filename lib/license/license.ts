declare const brand: unique symbol

/** The text a customer types, for example `QF-PRO-0123456789ab-1735689600`. A secret: never logged, never stored. */
export type LicenseKey = string & { readonly [brand]: 'LicenseKey' }

/** The id of a license. A one-way function of its key. */
export type LicenseId = string & { readonly [brand]: 'LicenseId' }

/** The id of a device. A one-way function of the id that the device sends. */
export type DeviceKey = string & { readonly [brand]: 'DeviceKey' }

/** An admin's decision. No payment overrides it. */
export type Admin = 'clear' | 'suspended' | 'revoked'

/** The state of the money: an open dispute suspends, a full refund or a lost dispute revokes. */
export type Risk = 'clear' | 'disputed' | 'refunded' | 'lost'

/** The payment status of a license. Times are milliseconds since the epoch. */
export interface Billing {
  readonly status: 'pending' | 'trialing' | 'paid' | 'past_due' | 'unpaid' | 'paused' | 'ended'
  /** The end of the paid period; null for a lifetime license. */
  readonly paidUntil: number | null
  /** The end of access beyond the paid period: counted from a failed invoice, or while a renewal is in progress. */
  readonly graceUntil?: number
  /** The time of a scheduled cancellation: no renewal follows, and access ends here at the latest. */
  readonly cancelAt?: number
}

/** The independent causes that `evaluate` combines. Facts only, never a computed state. */
export interface LicenseFacts {
  readonly admin: Admin
  readonly billing: Billing
  readonly risk: Risk
  /** An admin's extension: access continues until then regardless of payment. Milliseconds since the epoch. */
  readonly extendedUntil?: number
}

/** The input of a key. The key is derived from it and the master key, so it is never stored. */
export interface KeyOrigin {
  /** The user at issue, or the key of a purchase without a user. Never changes. */
  readonly subject: string
  /** The tier at issue, which the key shows. The license's current `tier` may differ. */
  readonly tier: string
  /** Seconds since the epoch, as printed in the key. */
  readonly issuedAt: number
  /** The version of the master key in the ring. */
  readonly keyVersion: string
}

/** The owner of a license and what it unlocks. */
interface Terms {
  /** Null until the user of a purchase is known. */
  readonly userId: string | null
  readonly userEmail: string | null
  readonly tier: string
  /** The number of devices that may be active at the same time. */
  readonly seats: number
  readonly paymentIntentId: string | null
  /** The payment provider's ids of the customer and the subscription. */
  readonly customerId: string | null
  readonly subscriptionId: string | null
}

/** The terms and facts that a purchase gives its license, as reported by the payment provider. */
export interface Entitlement extends Terms, Omit<LicenseFacts, 'admin' | 'extendedUntil'> {}

/** A replaced key that stays valid for an overlap. */
export interface EarlierKey {
  readonly keyId: LicenseId
  readonly origin: KeyOrigin
  /** The end of the overlap in milliseconds since the epoch. */
  readonly until: number
}

/** The current key of a license and its earlier ones. */
interface KeyHistory {
  readonly origin: KeyOrigin
  /** The id of the current key: the id of the license, unless the key was replaced. */
  readonly keyId: LicenseId
  readonly earlierKeys: readonly EarlierKey[]
}

/** The number of active devices, and the times of recent releases in milliseconds since the epoch. */
interface SeatUsage {
  readonly devices: number
  readonly releases: readonly number[]
}

export interface License extends Terms, KeyHistory, SeatUsage {
  readonly id: LicenseId
  readonly facts: LicenseFacts
  /** Incremented by each change. A write that expects another version is rejected. */
  readonly version: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** The time of the last change, as in its history. */
  readonly changedAt: number
}

/** The changed fields of a license. Absent fields keep their value. */
export type LicenseChange = Partial<Terms & LicenseFacts & KeyHistory>

/** A device of a license. Times are milliseconds since the epoch. */
export interface Device {
  readonly key: DeviceKey
  /** The name that the customer gave it. */
  readonly name: string | null
  /** The end of the id that the device sends, by which the customer recognizes it. */
  readonly hint: string
  readonly activatedAt: number
  /** Null while it is active. */
  readonly releasedAt: number | null
}

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

/** An entry of a license's history. Written in the transaction of the change, never altered. */
export interface AuditEntry {
  readonly licenseId: LicenseId
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `token:<id>`, `stripe:<event id>` or `holder`. */
  readonly actor: string
  readonly action: AuditAction
  readonly reason: string
  readonly requestId: string
  /** The previous values of the changed fields. Null for a new license. */
  readonly before: LicenseChange | null
  readonly after: LicenseChange & { readonly device?: string }
}

/** Voids leases of a license. Times are milliseconds since the epoch. */
export interface Revocation {
  readonly licenseId: LicenseId
  /** Leases issued up to this time are void; later ones are valid. */
  readonly at: number
  /** The latest possible expiry of such a lease, after which the revocation can be dropped. */
  readonly until: number
  /** True after a key was replaced at once: the holder of a leaked key also has leases, and reinstating the license must not restore them. */
  readonly isForGood: boolean
}
