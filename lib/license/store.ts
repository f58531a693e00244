import type { Device, DeviceKey } from './device.ts'
import type { LicenseId } from './key.ts'
import type { Revocation } from './lease.ts'
import type { AuditEntry, License, LicenseChange } from './license.ts'
import type { Notice } from './notices.ts'
import type { CountedLicense, Counters } from './summary.ts'
import type { BucketRange } from './timeBuckets.ts'

/**
 * What may happen only once. A claim is written together with what it is for, and whoever comes second with the
 * same kind and key is told which license the first one got.
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

export type ClaimName = Pick<Claim, 'kind' | 'key'>

export interface ExistingClaim extends Claim {
  /** Null for an event that led to no license. */
  readonly licenseId: LicenseId | null
}

/**
 * What a payment provider said about one of its objects, kept to be joined with what it says later. The store does
 * not look inside.
 */
export interface ProviderRecord {
  /** The provider's own id of the object. */
  readonly id: string
  /** Counts the writes; 0 for a record that is not there yet. */
  readonly version: number
  readonly body: object
  /** Since when a person has to look at it, in milliseconds since the epoch. Absent while nobody has to. */
  readonly waitingSince?: number
}

/** What is written in one transaction: all of it or nothing. */
export interface Batch {
  readonly claims: readonly Claim[]
  /** With the version that was read: each is refused if somebody wrote it since. */
  readonly records?: readonly ProviderRecord[]
  /** What was not there when it was read, and must not be now: records by their ids, and claims. */
  readonly absent?: { readonly records?: readonly string[]; readonly claims?: readonly ClaimName[] }
  readonly license?:
    | {
        readonly issued: License
        readonly audit: AuditEntry
        readonly notices: readonly Notice[]
      }
    | {
        readonly changed: LicenseId
        /** The version that was read. Absent where the change does not depend on what the license was before. */
        readonly expected?: number
        /** Nothing, for what is only to be noted. */
        readonly to: LicenseChange
        /** Another id by which the license is found from now on: that of its new key. */
        readonly alias?: LicenseId
        readonly audit: AuditEntry
        /** Those that are written already stay as they are. */
        readonly notices: readonly Notice[]
      }
  /** Milliseconds since the epoch. */
  readonly now: number
}

type BatchOutcome =
  | { readonly status: 'written' }
  /** A record, a claim or the license was written by somebody else since it was read. */
  | { readonly status: 'stale' }
  /** The first of the claims, in the order given, that somebody holds. */
  | { readonly status: 'claimed'; readonly claim: ExistingClaim }
  /** Another license has the id of the new one, or of the new key: the same subject, tier and second. */
  | { readonly status: 'taken' }

/** Which of the records and claims that were asked for exist, in no order. */
interface StoredRecords {
  readonly records: readonly ProviderRecord[]
  readonly claims: readonly ExistingClaim[]
}

/** Which licenses are asked for, and which way round. */
export type Selection = SelectionKey & {
  /** As each says, unless it is to be the other way. */
  readonly order?: SortOrder
}

export type SortOrder = 'asc' | 'desc'

type SelectionKey =
  | { readonly by: 'creation' }
  /** Those that a device was ever activated for, by its key; the last activation first. */
  | { readonly by: 'device'; readonly value: DeviceKey }
  | {
      readonly by: 'userId' | 'userEmail' | 'customerId' | 'subscriptionId' | 'tier'
      readonly value: string
    }
  /** Those whose user id, or address in any case, begins so; in the order of their bytes. */
  | { readonly by: 'userStart' | 'emailStart'; readonly start: string }
  /** Those that were paid until before then, the soonest first; the others come newest first. */
  | { readonly by: 'end'; readonly from: number; readonly before: number }

/** What ends soon comes soonest first, what is looked for by its beginning by its text, and all else newest first. */
export const toSortOrder = ({ by, order }: Selection): SortOrder =>
  order ?? (['end', 'userStart', 'emailStart'].includes(by) ? 'asc' : 'desc')

/** Where in a list a license stands, so that the list can go on after it. */
export interface Position {
  readonly id: LicenseId
  /** What the list is sorted by: milliseconds since the epoch, or a text. */
  readonly at: number | string
  /** Which of its parts, of a list that is put together. */
  readonly part?: number
}

export interface Listed {
  readonly license: License
  readonly position: Position
}

/** A part of a license's history: up to and including a moment, in milliseconds since the epoch. */
export interface Span {
  readonly until?: number
  readonly limit?: number
}

/** What the core needs of a database. Every method throws `StoreUnavailable` when the database cannot answer. */
export interface LicenseStore {
  /**
   * Reads the newest committed state: a revocation counts from the moment it is written. A license is also found by
   * the ids of its earlier and later keys, with one read more.
   */
  find(id: LicenseId): Promise<License | undefined>
  /** The same, and a device of the license, active or not, in the same read. */
  lookup(
    id: LicenseId,
    device: DeviceKey,
  ): Promise<{ readonly license?: License; readonly device?: Device }>
  /** The devices that were ever activated for a license, in no order. */
  devices(id: LicenseId): Promise<readonly Device[]>
  /**
   * Gives a device a seat, with its entry in the history, unless it has one (`known`), there is none (`full`), or seats
   * were given back since as many `releases` were seen (`stale`). The version of the license stays.
   */
  activate(
    id: LicenseId,
    device: Device,
    audit: AuditEntry,
    releases: number,
  ): Promise<'activated' | 'known' | 'full' | 'stale'>
  /** Takes the seat of a device, unless it has none. */
  release(id: LicenseId, device: DeviceKey, audit: AuditEntry): Promise<'released' | 'unknown'>
  /**
   * Writes all of a batch or nothing. Where several things stand in the way, it tells of the first in the order of
   * the outcomes. Changing a license adds one to its version.
   *
   * @throws Error for a change of a license that does not exist.
   */
  commit(batch: Batch): Promise<BatchOutcome>
  /** Holds a claim for a license that is there already. Answers the claim that somebody else held at `now`, if any. */
  claim(claim: Claim, licenseId: LicenseId, now: number): Promise<ExistingClaim | undefined>
  /** Reads the newest committed records of a provider's objects, and claims whether they have run out or not, in one round trip. */
  readRecords(ids: readonly string[], claims: readonly ClaimName[]): Promise<StoredRecords>
  /** Lists what was written some moments ago; fewer than `limit` are the last. */
  list(selection: Selection, limit: number, after?: Position): Promise<readonly Listed[]>
  /** The records that wait for a person, newest first, as of some moments ago; fewer than `limit` are the last. */
  listForReview(
    limit: number,
    after?: { readonly id: string; readonly since: number },
  ): Promise<readonly ProviderRecord[]>
  /** The history of a license, newest first, as far as it was written some moments ago. */
  history(id: LicenseId, span: Span): Promise<readonly AuditEntry[]>
}

/** All revocations that are known, over or not. */
export interface Revocations {
  /** Grows with each revocation. */
  readonly number: number
  readonly revocations: readonly Revocation[]
}

/** What is kept of revocations. Every method throws `StoreUnavailable` when the database cannot answer. */
export interface RevocationStore {
  /** Notes a revocation, unless it or a later one of the same license is noted already. */
  add(revocation: Revocation): Promise<void>
  /** Takes back what was noted of a license before then, unless it is for good. */
  lift(license: Pick<Revocation, 'licenseId' | 'at'>): Promise<void>
  list(): Promise<Revocations>
}

/** What is counted of licenses. Every method throws `StoreUnavailable` when the database cannot answer. */
export interface SummaryStore {
  /** Counts licenses, each as it is in its newest version, however often and in whatever order it is told of. */
  count(licenses: readonly CountedLicense[]): Promise<void>
  /** What is counted in places, added up, for each of the questions. */
  read(questions: readonly (readonly BucketRange[])[]): Promise<readonly Counters[]>
}

/** Something that is needed did not answer. Asking again later can succeed. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable'
}

/** The database did not answer, or kept refusing. */
export class StoreUnavailable extends Unavailable {
  override readonly name = 'StoreUnavailable'
  constructor(cause: unknown) {
    super('The license store is unavailable', { cause })
  }
}
