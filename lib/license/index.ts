/**
 * The operations and types of the license core. `store.ts` is the port that a database implements, and `summary.ts` holds
 * the counters that a database keeps.
 */

export { activateDevice, listDevices, releaseDevice, toDeviceKey } from './device.ts'
export { evaluate, type LicenseState, STATES, validUntil } from './evaluate.ts'
export { importLicense } from './import.ts'
export { type Issued, type IssueRequest, issueLicense, LIFETIME } from './issue.ts'
export {
  findLicenseId,
  type Keys,
  LICENSE_ID,
  MasterKeyFault,
  rederiveKey,
  TIER_NAME,
} from './key.ts'
export { MAX_LEASE_DAYS, toLeaseChange, toSignedPeriod } from './lease.ts'
export type {
  AuditEntry,
  Device,
  Entitlement,
  License,
  LicenseChange,
  LicenseId,
  LicenseKey,
} from './license.ts'
export { type Filter, listLicenses, matchesFilter, searchLicenses } from './list.ts'
export { applyChange, type LicenseAction, manageLicense } from './manage.ts'
export type { Notice } from './notices.ts'
export { readOverview } from './overview.ts'
export {
  adoptExisting,
  differsFromPurchase,
  type PurchaseLink,
  reconcile,
} from './reconcile.ts'
export { reissueKey } from './reissue.ts'
export type { Result } from './result.ts'
export { DAY_MS } from './time.ts'
export { isUnknownKey, judge, type RefusalCode, type Verdict } from './verdict.ts'
export { verifyLicense } from './verify.ts'
