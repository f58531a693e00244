/** Records ⇄ items. The only file that knows keys and attribute names. */

import type {
  AuditEntry,
  Claim,
  HeldClaim,
  License,
  LicenseId,
  ParkedPurchase,
} from '../license/index.ts'

export type Item = Record<string, unknown>

/** The attribute that DynamoDB's own deletion looks at: seconds since the epoch. It deletes late, so nothing trusts it. */
export const TTL_ATTRIBUTE = 'ttl'

export const licenseKey = (id: LicenseId) => ({ pk: `LICENSE#${id}`, sk: 'LICENSE' })

export function toLicenseItem({ origin, ...license }: License): Item {
  return {
    ...licenseKey(license.id),
    ...license,
    subject: origin.subject,
    tierAtIssue: origin.tier,
    issuedAt: origin.issuedAt,
    keyVersion: origin.keyVersion,
  }
}

export function fromLicenseItem(item: Item): License {
  const { pk: _pk, sk: _sk, subject, tierAtIssue, issuedAt, keyVersion, ...license } = item
  return { ...license, origin: { subject, tier: tierAtIssue, issuedAt, keyVersion } } as License
}

/** `unique` keeps two entries of one millisecond apart. */
export function toAuditItem(entry: AuditEntry, unique: string): Item {
  const at = new Date(entry.at).toISOString()
  return { pk: licenseKey(entry.licenseId).pk, sk: `EVENT#${at}#${unique}`, ...entry }
}

const CLAIMS = { purchase: 'PURCHASE', request: 'IDEMPOTENCY', event: 'EVENT' } as const

const claimKey = ({ kind, key }: Pick<Claim, 'kind' | 'key'>) => ({
  pk: `${CLAIMS[kind]}#${key}`,
  sk: CLAIMS[kind],
})

export function toClaimItem(claim: Claim, licenseId: LicenseId): Item {
  return {
    ...claimKey(claim),
    ...claim,
    licenseId,
    ...(claim.expiresAt !== undefined && { [TTL_ATTRIBUTE]: Math.ceil(claim.expiresAt / 1000) }),
  }
}

export function fromClaimItem(item: Item): HeldClaim {
  const { pk: _pk, sk: _sk, [TTL_ATTRIBUTE]: _ttl, ...claim } = item
  return claim as unknown as HeldClaim
}

export function toParkedItem(purchase: ParkedPurchase): Item {
  return { ...claimKey({ kind: 'purchase', key: purchase.purchaseKey }), ...purchase }
}
