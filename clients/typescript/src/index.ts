/** Client of a License Authority: verifies signed responses, and works offline by a stored lease. */

export { createLicenseClient, type LicenseClient, type Options } from './client.ts'
export type { Device, Invalid, InvalidCode, LicenseStatus, Unknown, Valid } from './status.ts'
export { memoryStorage, type Storage } from './storage.ts'
export {
  type Claims,
  isRevoked,
  type RevocationList,
  readRevocationList,
  readToken,
  type TokenResult,
} from './token.ts'
export {
  importTrustedKeys,
  type PublicJwk,
  type PublishedKeys,
  type TokenError,
  type TrustedKeys,
} from './trustedKeys.ts'
