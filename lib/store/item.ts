/** Records ⇄ items. The only file that knows keys and attribute names. */

import type {
  AuditEntry,
  Claim,
  ClaimName,
  HeldClaim,
  License,
  LicenseChange,
  LicenseId,
  Notice,
  ProviderRecord,
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

export const noticeKey = (id: LicenseId, { kind, period }: Notice) => ({
  pk: licenseKey(id).pk,
  sk: `OUTBOX#${kind}#${period}`,
})

/** A notice as an update that leaves alone what is written already, and what was done about it since. */
export const toNoticeUpdate = (licenseId: LicenseId, { kind, period, at }: Notice) => ({
  UpdateExpression:
    'SET #licenseId = :licenseId, #kind = :kind, #period = :period, #at = if_not_exists(#at, :at)',
  ExpressionAttributeNames: {
    '#licenseId': 'licenseId',
    '#kind': 'kind',
    '#period': 'period',
    '#at': 'at',
  },
  ExpressionAttributeValues: {
    ':licenseId': licenseId,
    ':kind': kind,
    ':period': period,
    ':at': at,
  },
})

const CLAIMS = { purchase: 'PURCHASE', request: 'IDEMPOTENCY', event: 'EVENT' } as const

export const claimKey = ({ kind, key }: ClaimName) => ({
  pk: `${CLAIMS[kind]}#${key}`,
  sk: CLAIMS[kind],
})

export function toClaimItem(claim: Claim, licenseId: LicenseId | null): Item {
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

/** Where in a license's item each part is kept that can change. */
const PATHS = {
  userId: ['userId'],
  userEmail: ['userEmail'],
  tier: ['tier'],
  seats: ['seats'],
  paymentIntentId: ['paymentIntentId'],
  admin: ['facts', 'admin'],
  billing: ['facts', 'billing'],
  risk: ['facts', 'risk'],
} as const satisfies Record<keyof LicenseChange, readonly string[]>

/** A change as DynamoDB's own update, which leaves alone whatever is not in it. */
export function toUpdate(change: LicenseChange) {
  const names: Record<string, string> = { '#version': 'version' }
  const values: Item = { ':one': 1 }
  const sets = ['#version = #version + :one']
  for (const [name, value] of Object.entries(change)) {
    const path = PATHS[name as keyof LicenseChange].map((part) => {
      names[`#${part}`] = part
      return `#${part}`
    })
    values[`:${name}`] = value
    sets.push(`${path.join('.')} = :${name}`)
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  }
}

export const PROVIDER_SORT_KEY = 'STRIPE'

export const providerKey = (id: string) => ({ pk: `STRIPE#${id}`, sk: PROVIDER_SORT_KEY })

export function toProviderItem({ id, version, body }: ProviderRecord): Item {
  return { ...providerKey(id), id, version: version + 1, body }
}

export function fromProviderItem({ id, version, body }: Item): ProviderRecord {
  return { id, version, body } as ProviderRecord
}
