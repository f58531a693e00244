export { evaluate } from './evaluate.ts'
export {
  DAY_MS,
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
  KEY_PREFIX,
  type KeyRing,
  type Keys,
  type LicenseId,
  MasterKeyFault,
  TIER_NAME,
} from './key.ts'
export type {
  AuditEntry,
  Billing,
  Entitlement,
  License,
  LicenseChange,
  Risk,
} from './license.ts'
export type { Notice } from './outbox.ts'
export type { Result } from './result.ts'
export { adopt, type Held, isForAnother, type Settled, settle } from './settle.ts'
export {
  type Batch,
  type Claim,
  type ClaimName,
  type HeldClaim,
  type LicenseStore,
  type ProviderRecord,
  StoreUnavailable,
  Unavailable,
} from './store.ts'
export { type RefusalCode, verifyLicense } from './verify.ts'
