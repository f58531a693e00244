import type { AuditAction, AuditEntry, License, LicenseChange, LicenseId } from './license.ts'

/** The actor of a change, the reason, and the request. */
export interface Cause {
  readonly actor: string
  readonly reason: string
  readonly requestId: string
}

export function auditIssue({ actor, reason, requestId }: Cause, license: License): AuditEntry {
  const { id, createdAt, facts } = license
  const { userId, userEmail, tier, seats, paymentIntentId, customerId, subscriptionId } = license
  const terms = { userId, userEmail, tier, seats, paymentIntentId, customerId, subscriptionId }
  return {
    licenseId: id,
    at: createdAt,
    actor,
    action: 'issued',
    reason,
    requestId,
    before: null,
    after: { ...terms, ...facts },
  }
}

/**
 * Creates the history entry of a change.
 *
 * @param now milliseconds since the epoch
 */
export function auditChange(
  { actor, reason, requestId }: Cause,
  licenseId: LicenseId,
  before: LicenseChange,
  after: LicenseChange,
  now: number,
  action: AuditAction = 'changed',
): AuditEntry {
  return { licenseId, at: now, actor, action, reason, requestId, before, after }
}

/** Returns the current values of the fields that a change sets. */
export function selectReplaced(license: License, change: LicenseChange): LicenseChange {
  const all: LicenseChange = { ...license, ...license.facts }
  return Object.fromEntries(
    Object.keys(change).map((name) => [name, all[name as keyof LicenseChange] ?? null]),
  )
}
