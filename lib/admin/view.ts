import type * as z from 'zod/mini'
import { type AuditEntry, evaluate, type License } from '../license/index.ts'
import type { licenseResponse } from './schemas.ts'

/** A license as an administrator sees it: everything but its key. Null is for what is not known, and for never. */
export function toLicenseResponse(license: License, now: number): z.output<typeof licenseResponse> {
  const { id, userId, userEmail, tier, seats, devices, createdAt, version, origin } = license
  const { paymentIntentId, customerId, subscriptionId } = license
  const { state, trial = false, expiresAt } = evaluate(license.facts, now)
  return {
    id,
    userId,
    userEmail,
    tier,
    seats,
    devices,
    state,
    trial,
    expiresAt,
    createdAt,
    issuedAt: origin.issuedAt * 1000,
    paymentIntentId,
    customerId,
    subscriptionId,
    version,
  }
}

export function toEventResponse({ licenseId: _, ...entry }: AuditEntry) {
  return entry
}
