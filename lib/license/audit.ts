import type { LicenseId } from './key.ts'
import type { AuditEntry, License, LicenseChange } from './license.ts'

/** Who changes a license, and why. */
export interface Cause {
  readonly actor: string
  readonly reason: string
  readonly requestId: string
}

export function auditOfIssue({ actor, reason, requestId }: Cause, license: License): AuditEntry {
  const { id, createdAt, userId, userEmail, tier, seats, facts } = license
  return {
    licenseId: id,
    at: createdAt,
    actor,
    action: 'issued',
    reason,
    requestId,
    before: null,
    after: { userId, userEmail, tier, seats, ...facts },
  }
}

/** @param now milliseconds since the epoch */
export function auditOfChange(
  { actor, reason, requestId }: Cause,
  licenseId: LicenseId,
  before: LicenseChange,
  after: LicenseChange,
  now: number,
): AuditEntry {
  return { licenseId, at: now, actor, action: 'changed', reason, requestId, before, after }
}
