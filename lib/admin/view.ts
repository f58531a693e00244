import type * as z from 'zod/mini'
import { type AuditEntry, evaluate, type License } from '../license/index.ts'
import type { licenseAnswer } from './fields.ts'

/** A license as an administrator sees it: everything but its key. Null is for what is not known, and for never. */
export function licenseView(license: License, now: number): z.output<typeof licenseAnswer> {
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

export function eventView({ licenseId: _, ...entry }: AuditEntry) {
  return entry
}
