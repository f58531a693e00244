export { type Evaluation, evaluate, type LicenseState } from './evaluate.ts'
export {
  DAY_MS,
  type Issued,
  issueLicense,
  LIFETIME,
  LIFETIME_DAYS,
  type Order,
} from './issue.ts'
export {
  KEY_PREFIX,
  type KeyRing,
  type Keys,
  type LicenseId,
  type LicenseKey,
  MasterKeyMissing,
  TIER_NAME,
} from './key.ts'
export type { AuditEntry, License, LicenseFacts } from './license.ts'
export type { Result } from './result.ts'
export {
  type Claim,
  type HeldClaim,
  type Issue,
  type IssueOutcome,
  type LicenseStore,
  type ParkedPurchase,
  StoreUnavailable,
} from './store.ts'
export { type RefusalCode, type Verdict, verifyLicense } from './verify.ts'
