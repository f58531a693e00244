/** How a license looks in an answer. The names are the seed's and fixed; times are milliseconds since the epoch. */

import type { Catalog } from '../catalog/schema.ts'
import { findTier } from '../catalog/tier.ts'
import {
  DAY_MS,
  LIFETIME_DAYS,
  type License,
  type LicenseState,
  type RefusalCode,
  type Verdict,
} from '../license/index.ts'
import { json, type Response } from './response.ts'

/** A license for life still ends in a number, since the existing client compares it with its clock. */
export function wireExpiry({ origin }: License, expiresAt: number | null): number {
  return expiresAt ?? origin.issuedAt * 1000 + LIFETIME_DAYS * DAY_MS
}

/** As in the seed, a tier that the catalog no longer has gives what the fallback tier gives. */
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
 * A license that is not good, with what its holder may go on using once it has expired. `verdict` begins the body, and
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

/** What can be said of a key and signed: what was found, or that a device cannot have a seat. */
export type SignedResult = Verdict | Denial
interface Denial {
  readonly valid: false
  readonly code: 'DEVICE_LIMIT_REACHED'
  readonly license: License
  readonly state: LicenseState
}

/** The code of a result, as it is said to the outside. */
export function toWireCode(result: SignedResult) {
  if (result.valid) return 'VALID'
  return result.code === 'DEVICE_LIMIT_REACHED' ? result.code : REFUSALS[result.code].code
}

/** What an answer says, as it is signed: with the names that it has in the answer, and no text for people. */
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
