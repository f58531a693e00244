/**
 * Protects an app with licenses of a License Authority: asks whether a license is good, goes on with a lease while nobody
 * answers, and believes nothing that is not signed.
 */

export { createLicenseClient, type LicenseClient, type Options } from './client.ts'
export type { Device, Invalid, InvalidCode, LicenseStatus, Unknown, Valid } from './status.ts'
export { memoryStorage, type Storage } from './storage.ts'
export {
  type Claims,
  isRevoked,
  type Read,
  type RevocationList,
  readList,
  readToken,
} from './token.ts'
export { type Distrust, type PublicJwk, type PublishedKeys, type Trust, trustIn } from './trust.ts'
