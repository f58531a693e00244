export {
  type Activation,
  activateDevice,
  listDevices,
  releaseDevice,
  toDeviceKey,
} from './device.ts'
export { evaluate, type LicenseState, STATES, validUntil } from './evaluate.ts'
export { replayHistory } from './history.ts'
export { type ImportRequest, importLicense } from './import.ts'
export {
  type IssueContext,
  type Issued,
  type IssueRequest,
  issueLicense,
  type KnownPurchase,
  LIFETIME,
  LIFETIME_DAYS,
  MAX_DURATION_DAYS,
} from './issue.ts'
export {
  KEY_PREFIX,
  type KeyLookup,
  type KeyRing,
  type Keys,
  LICENSE_ID,
  MasterKeyFault,
  parseKey,
  rederiveKey,
  TIER_NAME,
  toLicenseId,
} from './key.ts'
export {
  type LeaseTerms,
  MAX_LEASE_DAYS,
  toLeaseChange,
  toSignedPeriod,
} from './lease.ts'
export type {
  AuditAction,
  AuditEntry,
  Billing,
  Device,
  DeviceKey,
  EarlierKey,
  Entitlement,
  KeyOrigin,
  License,
  LicenseChange,
  LicenseId,
  LicenseKey,
  Revocation,
  Risk,
} from './license.ts'
export { type Filter, listLicenses, matchesFilter } from './list.ts'
export {
  applyChange,
  type LicenseAction,
  manageLicense,
  NOT_FOUND,
  type Refusal,
} from './manage.ts'
export { findReminder, type Notice, type NoticeKind } from './notices.ts'
export { type Overview, readOverview } from './overview.ts'
export type { Page } from './paginate.ts'
export {
  adoptExisting,
  differsFromPurchase,
  type PurchaseLink,
  type ReconcileResult,
  reconcile,
} from './reconcile.ts'
export { type Reissued, reissueKey } from './reissue.ts'
export type { Result } from './result.ts'
export { searchLicenses } from './search.ts'
export {
  type Batch,
  type Claim,
  type ClaimName,
  type ExistingClaim,
  type LicenseStore,
  type Listed,
  type Position,
  type ProviderRecord,
  type RevocationStore,
  type Revocations,
  type Selection,
  type SortOrder,
  type Span,
  StoreUnavailable,
  type SummaryStore,
  toSortOrder,
  Unavailable,
} from './store.ts'
export {
  type CountedLicense,
  type Counters,
  deltaBetween,
  mergeDeltas,
  toCountedLicense,
} from './summary.ts'
export { DAY_MS } from './time.ts'
export type { BucketKey, BucketRange } from './timeBuckets.ts'
export type { RefusalCode, Verdict } from './verdict.ts'
export { isUnknownKey, judge } from './verdict.ts'
export {
  findLicenseOfKey,
  verifyLicense,
} from './verify.ts'
