export { evaluate } from './evaluate.ts'
export {
  DAY_MS,
  issueLicense,
  LIFETIME,
  LIFETIME_DAYS,
  MAX_DURATION_DAYS,
  type Order,
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
export { type Held, type Settled, settle } from './settle.ts'
export {
  type Batch,
  type Claim,
  type HeldClaim,
  type LicenseStore,
  type ProviderRecord,
  StoreUnavailable,
  Unavailable,
} from './store.ts'
export { type RefusalCode, verifyLicense } from './verify.ts'
