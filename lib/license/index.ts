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
export type { AuditEntry, License } from './license.ts'
export {
  type Claim,
  type HeldClaim,
  type LicenseStore,
  type ParkedPurchase,
  StoreUnavailable,
} from './store.ts'
export { type RefusalCode, verifyLicense } from './verify.ts'
