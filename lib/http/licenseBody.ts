/** Response bodies of a license. The names are those of the seed; times are milliseconds since the epoch. */

import type { Catalog } from '../catalog/schema.ts'
import { findTier } from '../catalog/tier.ts'
import {
  DAY_MS,
  type License,
  type LicenseState,
  type RefusalCode,
  type Verdict,
} from '../license/index.ts'
import { json, type Response } from './response.ts'

/** The length of a lifetime license where the wire needs a number: 100 years of 365 days. */
export const LIFETIME_DAYS = 100 * 365

/** Returns a number even for lifetime licenses, because the existing client compares it with its clock. */
export function wireExpiry({ origin }: License, expiresAt: number | null): number {
  return expiresAt ?? origin.issuedAt * 1000 + LIFETIME_DAYS * DAY_MS
}

/** Returns the features of a tier. As in the seed, a tier missing from the catalog has those of the fallback tier. */
export function resolveFeatures(tier: string, catalog: Catalog): readonly string[] {
  return (findTier(catalog, tier) ?? findTier(catalog, catalog.fallbackTier))?.features ?? []
}

interface Refusal {
  readonly status: number
  readonly code: Exclude<RefusalCode, 'MALFORMED'>
  readonly error: string
  readonly retryable: boolean
}

const REFUSALS: Record<RefusalCode, Refusal> = {
  MALFORMED: { status: 401, code: 'NOT_FOUND', error: 'Invalid format', retryable: false },
  NOT_FOUND: { status: 401, code: 'NOT_FOUND', error: 'License not found', retryable: false },
  EXPIRED: { status: 401, code: 'EXPIRED', error: 'License expired', retryable: false },
  SUSPENDED: { status: 401, code: 'SUSPENDED', error: 'License suspended', retryable: false },
  REVOKED: { status: 401, code: 'REVOKED', error: 'License revoked', retryable: false },
  DEVICE_REQUIRED: {
    status: 401,
    code: 'DEVICE_REQUIRED',
    error: 'A device is required',
    retryable: false,
  },
  DEVICE_NOT_ACTIVATED: {
    status: 401,
    code: 'DEVICE_NOT_ACTIVATED',
    error: 'This device is not activated',
    retryable: false,
  },
  PENDING: { status: 401, code: 'PENDING', error: 'Payment not confirmed yet', retryable: true },
}

/**
 * Builds the response for an invalid license, with the fallback features if it expired. `verdict` starts the body, and
 * `extra` ends it.
 */
export function refusalResponse(
  refusal: RefusalCode,
  catalog: Catalog,
  verdict: object = { valid: false },
  extra: object = {},
): Response {
  const { status, ...body } = REFUSALS[refusal]
  return json(status, { ...verdict, ...body, ...fallbackOf(refusal, catalog), ...extra })
}

function fallbackOf(code: string, catalog: Catalog) {
  const tier = catalog.fallbackTier
  return code === 'EXPIRED' ? { fallback: { tier, features: resolveFeatures(tier, catalog) } } : {}
}

/** A result that can be signed: a verdict, or the denial of a seat. */
export type SignedResult = Verdict | Denial
interface Denial {
  readonly valid: false
  readonly code: 'DEVICE_LIMIT_REACHED'
  readonly license: License
  readonly state: LicenseState
}

/** Returns the public code of a result. */
export function toWireCode(result: SignedResult) {
  if (result.valid) return 'VALID'
  return result.code === 'DEVICE_LIMIT_REACHED' ? result.code : REFUSALS[result.code].code
}

/** Returns the claims to sign: the fields of the response body without its texts. */
export function toClaims(result: SignedResult, catalog: Catalog) {
  const { license, state } = result
  const code = toWireCode(result)
  return {
    code,
    ...(license && {
      licenseId: license.id,
      userId: license.userId,
      tier: license.tier,
      state,
    }),
    ...(result.valid && {
      features: resolveFeatures(result.license.tier, catalog),
      expiresAt: wireExpiry(result.license, result.expiresAt),
    }),
    ...fallbackOf(code, catalog),
  }
}
