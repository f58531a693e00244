export type { Place, Places } from './calendar.ts'
export {
  type Activation,
  activateDevice,
  type Device,
  type DeviceKey,
  deviceKey,
  listDevices,
  releaseDevice,
} from './device.ts'
export { evaluate, goodUntil, type LicenseState, STATES } from './evaluate.ts'
export { type Imported, importLicense } from './import.ts'
export {
  type Issued,
  type Issuing,
  issueLicense,
  LIFETIME,
  LIFETIME_DAYS,
  MAX_DURATION_DAYS,
  type Order,
  type Told,
} from './issue.ts'
export {
  type Finder,
  KEY_PREFIX,
  type KeyRing,
  type Keys,
  LICENSE_ID,
  type LicenseId,
  type LicenseKey,
  licenseId,
  MasterKeyFault,
  parseKey,
  remakeKey,
  TIER_NAME,
} from './key.ts'
export {
  type LeaseTerms,
  leaseChangeOf,
  leaseEnd,
  MAX_LEASE_DAYS,
  type Revocation,
} from './lease.ts'
export type {
  AuditAction,
  AuditEntry,
  Billing,
  EarlierKey,
  Entitlement,
  KeyOrigin,
  License,
  LicenseChange,
  Risk,
} from './license.ts'
export { type Filter, isWanted, listLicenses } from './list.ts'
export { applyChange, type Deed, manageLicense, type Refusal, UNKNOWN } from './manage.ts'
export { type Notice, type NoticeKind, reminderOf } from './outbox.ts'
export { type Overview, overview } from './overview.ts'
export { licenseAt } from './past.ts'
export { type Reissued, reissueKey } from './reissue.ts'
export type { Result } from './result.ts'
export { searchLicenses } from './search.ts'
export { adopt, type Held, isForAnother, type Settled, settle } from './settle.ts'
export {
  type Batch,
  type Claim,
  type ClaimName,
  type HeldClaim,
  type LicenseStore,
  type Listed,
  type Order as ListOrder,
  orderOf,
  type Position,
  type ProviderRecord,
  type RevocationStore,
  type Revocations,
  type Selection,
  type Span,
  StoreUnavailable,
  type SummaryStore,
  Unavailable,
} from './store.ts'
export { type Counted, type Counters, changeOf, countedOf, joined } from './summary.ts'
export { DAY_MS } from './time.ts'
export {
  isGuess,
  judge,
  licenseOfKey,
  type RefusalCode,
  type Verdict,
  verifyLicense,
} from './verify.ts'
export type { Page } from './walk.ts'
