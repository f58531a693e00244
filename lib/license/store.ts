import type {
  AuditEntry,
  Device,
  DeviceKey,
  License,
  LicenseChange,
  LicenseId,
  Revocation,
} from './license.ts'
import type { Notice } from './notices.ts'
import type { CountedLicense, Counters } from './summary.ts'
import type { BucketRange } from './timeBuckets.ts'

/**
 * A right that can be taken once. It is written in the transaction that uses it, and a later attempt with the same kind
 * and key gets the license of the first.
 */
export interface Claim {
  /** `purchase`: one license per payment. `request`: one response per Idempotency-Key. `event`: one effect per Stripe event. */
  readonly kind: 'purchase' | 'request' | 'event'
  readonly key: string
  /** A hash of the request, so that the same key with a different request is rejected. */
  readonly fingerprint?: string
  /** The time in milliseconds since the epoch after which the claim is void. Absent for a permanent claim. */
  readonly expiresAt?: number
}

export type ClaimName = Pick<Claim, 'kind' | 'key'>

export interface ExistingClaim extends Claim {
  /** Null for an event without a license. */
  readonly licenseId: LicenseId | null
}

/**
 * The facts of a payment provider's object, to be merged with later ones. The store does not interpret the body.
 */
export interface ProviderRecord {
  /** The provider's own id of the object. */
  readonly id: string
  /** Incremented by each write; 0 for a record that does not exist yet. */
  readonly version: number
  readonly body: object
  /** The time since which it needs review, in milliseconds since the epoch. Absent if it does not. */
  readonly waitingSince?: number
}

/** The writes of one transaction. */
export interface Batch {
  readonly claims: readonly Claim[]
  /** Records with the version that was read. A record that was written since is stale. */
  readonly records?: readonly ProviderRecord[]
  /** Records by id, and claims, that did not exist when they were read, and must not exist now. */
  readonly absent?: { readonly records?: readonly string[]; readonly claims?: readonly ClaimName[] }
  readonly license?:
    | {
        readonly issued: License
        readonly audit: AuditEntry
        readonly notices: readonly Notice[]
      }
    | {
        readonly changed: LicenseId
        /** The version that was read. Absent if the change does not depend on the previous values. */
        readonly expected?: number
        /** Empty for an action that only adds to the history. */
        readonly to: LicenseChange
        /** The id of the new key, by which the license is found as well. */
        readonly alias?: LicenseId
        readonly audit: AuditEntry
        /** Existing notices are kept unchanged. */
        readonly notices: readonly Notice[]
      }
  /** Milliseconds since the epoch. */
  readonly now: number
}

type BatchOutcome =
  | { readonly status: 'written' }
  /** A record, a claim or the license was written concurrently. */
  | { readonly status: 'stale' }
  /** The first claim, in the given order, that exists. */
  | { readonly status: 'claimed'; readonly claim: ExistingClaim }
  /** Another license has the id of the new one, or of the new key: the same subject, tier and second. */
  | { readonly status: 'taken' }

/** The requested records and claims that exist, in no particular order. */
interface StoredRecords {
  readonly records: readonly ProviderRecord[]
  readonly claims: readonly ExistingClaim[]
}

/** A range of licenses and its order. */
export type Selection = SelectionKey & {
  /** Defaults to the order of the index. */
  readonly order?: SortOrder
}

export type SortOrder = 'asc' | 'desc'

type SelectionKey =
  | { readonly by: 'creation' }
  /** Licenses that the device was activated for at any time; the latest activation first. */
  | { readonly by: 'device'; readonly value: DeviceKey }
  | {
      readonly by: 'userId' | 'userEmail' | 'customerId' | 'subscriptionId' | 'tier'
      readonly value: string
    }
  /** Licenses whose user id, or email address in lower case, starts with a text; in byte order. */
  | { readonly by: 'userStart' | 'emailStart'; readonly start: string }
  /** Licenses whose paid period ends within a range; the soonest first. */
  | { readonly by: 'end'; readonly from: number; readonly before: number }

/** Returns the order of a selection: ascending by end and by text, otherwise newest first. */
export const toSortOrder = ({ by, order }: Selection): SortOrder =>
  order ?? (['end', 'userStart', 'emailStart'].includes(by) ? 'asc' : 'desc')

/** The position of a license in a list, from which the next page continues. */
export interface Position {
  readonly id: LicenseId
  /** The sort value: milliseconds since the epoch, or a text. */
  readonly at: number | string
  /** The index of the section, in a list of several. */
  readonly part?: number
}

export interface Listed {
  readonly license: License
  readonly position: Position
}

/** A range of a license's history: up to and including `until`, in milliseconds since the epoch. */
interface Span {
  readonly until?: number
  readonly limit?: number
}

/** The database of the core. Every method throws `StoreUnavailable` if the database does not respond. */
export interface LicenseStore {
  /**
   * Reads the latest committed state, so that a revocation takes effect at once. A license is also found by the ids of
   * its replacement keys, with one more read.
   */
  find(id: LicenseId): Promise<License | undefined>
  /** Reads a license as `find` does, and one of its devices, active or not, in the same read. */
  lookup(
    id: LicenseId,
    device: DeviceKey,
  ): Promise<{ readonly license?: License; readonly device?: Device }>
  /** Reads all devices that were activated at any time, in no particular order. */
  devices(id: LicenseId): Promise<readonly Device[]>
  /**
   * Gives a device a seat, with its history entry. Returns `known` if it has one, `full` if all are taken, and `stale` if
   * the number of releases is no longer `releases`. The version of the license stays.
   */
  activate(
    id: LicenseId,
    device: Device,
    audit: AuditEntry,
    releases: number,
  ): Promise<'activated' | 'known' | 'full' | 'stale'>
  /** Releases the seat of a device, with its history entry. Returns `unknown` if it has none. */
  release(id: LicenseId, device: DeviceKey, audit: AuditEntry): Promise<'released' | 'unknown'>
  /**
   * Writes all of a batch or nothing. If several conditions fail, returns the first in the order of the outcomes.
   * Changing a license increments its version.
   *
   * @throws Error for a change of a license that does not exist
   */
  commit(batch: Batch): Promise<BatchOutcome>
  /** Writes a claim for an existing license. Returns the claim that exists at `now` instead, if there is one. */
  claim(claim: Claim, licenseId: LicenseId, now: number): Promise<ExistingClaim | undefined>
  /** Reads the latest committed records of a provider's objects, and claims, expired or not, in one round trip. */
  readRecords(ids: readonly string[], claims: readonly ClaimName[]): Promise<StoredRecords>
  /** Lists licenses, eventually consistent. Fewer than `limit` are the last. */
  list(selection: Selection, limit: number, after?: Position): Promise<readonly Listed[]>
  /** Lists the records that need review, newest first, eventually consistent. Fewer than `limit` are the last. */
  listForReview(
    limit: number,
    after?: { readonly id: string; readonly since: number },
  ): Promise<readonly ProviderRecord[]>
  /** Lists the history of a license, newest first, eventually consistent. */
  history(id: LicenseId, span: Span): Promise<readonly AuditEntry[]>
}

/** All stored revocations, expired or not. */
export interface Revocations {
  /** Increases with each revocation. */
  readonly number: number
  readonly revocations: readonly Revocation[]
}

/** The database of revocations. Every method throws `StoreUnavailable` if the database does not respond. */
export interface RevocationStore {
  /** Writes a revocation, unless the same or a later one of the license exists. */
  add(revocation: Revocation): Promise<void>
  /** Removes an earlier revocation of a license, unless it is permanent. */
  lift(license: Pick<Revocation, 'licenseId' | 'at'>): Promise<void>
  list(): Promise<Revocations>
}

/** The database of the overview's counters. Every method throws `StoreUnavailable` if the database does not respond. */
export interface SummaryStore {
  /** Counts licenses by their latest version. Idempotent, in any order. */
  count(licenses: readonly CountedLicense[]): Promise<void>
  /** Returns, for each list of bucket ranges, the sums of their counters. */
  read(queries: readonly (readonly BucketRange[])[]): Promise<readonly Counters[]>
}

/** Thrown when a service that is needed does not respond. A retry can succeed. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable'
}

/** Thrown when the database does not respond or keeps refusing. */
export class StoreUnavailable extends Unavailable {
  override readonly name = 'StoreUnavailable'
  constructor(cause: unknown) {
    super('The license store is unavailable', { cause })
  }
}
