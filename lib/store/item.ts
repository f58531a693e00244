/** Converts records to items and back. Only this folder knows keys and attribute names. */

import type {
  AuditEntry,
  Device,
  License,
  LicenseChange,
  LicenseId,
  Notice,
} from '../license/index.ts'
import type { Claim, ClaimName, ExistingClaim, ProviderRecord } from '../license/store.ts'
import type { Delivery } from '../mail/outbox.ts'

export type Item = Record<string, unknown>

/** The attribute of DynamoDB's TTL, in seconds since the epoch. It deletes late, so reads check expiry themselves. */
export const TTL_ATTRIBUTE = 'ttl'

export const LICENSE = 'LICENSE'

export const licenseKey = (id: LicenseId) => ({ pk: `LICENSE#${id}`, sk: LICENSE })

/**
 * The secondary indexes, each sorted by a time or by a text that is searched by prefix. An index contains every item that has
 * both of its attributes. Therefore none of them is null, and a record that does not belong to an index lacks one of them.
 */
export const INDEXES = {
  creation: { name: 'byCreation', hash: 'listed', sort: 'createdAt' },
  end: { name: 'byEnd', hash: 'listed', sort: 'endsAt' },
  userId: { name: 'byUser', hash: 'userId', sort: 'createdAt' },
  userEmail: { name: 'byEmail', hash: 'emailKey', sort: 'createdAt' },
  customerId: { name: 'byCustomer', hash: 'customerId', sort: 'createdAt' },
  subscriptionId: { name: 'bySubscription', hash: 'subscriptionId', sort: 'createdAt' },
  device: { name: 'byDevice', hash: 'deviceKey', sort: 'activatedAt' },
  tier: { name: 'byTier', hash: 'tier', sort: 'createdAt' },
  userStart: { name: 'byUserStart', hash: 'listed', sort: 'userId' },
  emailStart: { name: 'byEmailStart', hash: 'listed', sort: 'emailKey' },
} as const

/** The hash keys of the indexes that list all records of one kind. */
export const LISTED = { license: 'LICENSE', token: 'TOKEN', waiting: 'WAITING' } as const

/** Returns the form of an email address that is indexed, for searches that ignore case. */
export const emailKey = (email: string) => email.toLowerCase()

/** Returns the attributes of a license or a change by their paths. Null means that the attribute is absent. */
function toAttributes(change: LicenseChange): [path: string, value: unknown][] {
  const { origin, admin, billing, risk, extendedUntil, ...plain } = change
  const { userEmail } = plain
  const attributes = {
    ...plain,
    emailKey: userEmail && emailKey(userEmail),
    endsAt: billing ? later(indexedExpiry(billing), extendedUntil) : extendedUntil,
    'facts.admin': admin,
    'facts.billing': billing,
    'facts.risk': risk,
    'facts.extendedUntil': extendedUntil,
    subject: origin?.subject,
    tierAtIssue: origin?.tier,
    issuedAt: origin?.issuedAt,
    keyVersion: origin?.keyVersion,
  }
  return Object.entries(attributes).filter(([, value]) => value !== undefined)
}

/** Returns the later of two times. Null never comes. */
const later = (end: number | null, other: number | undefined) =>
  end === null ? null : Math.max(end, other ?? end)

/** Returns the expiry for the index. Verdicts use `evaluate` instead. */
const indexedExpiry = ({
  status,
  paidUntil,
  graceUntil,
  cancelAt,
}: License['facts']['billing']): number | null => {
  const paid = status === 'past_due' ? (graceUntil ?? paidUntil) : paidUntil
  return cancelAt === undefined ? paid : Math.min(paid ?? cancelAt, cancelAt)
}

export function toLicenseItem({
  id,
  version,
  createdAt,
  changedAt,
  facts,
  ...terms
}: License): Item {
  const item: Item = {
    ...licenseKey(id),
    id,
    version,
    createdAt,
    changedAt,
    listed: LISTED.license,
    facts,
  }
  const attributes = toAttributes({ ...terms, ...facts }).filter(
    ([path, value]) => !path.startsWith('facts.') && value !== null,
  )
  return { ...item, ...Object.fromEntries(attributes) }
}

export const deviceItemKey = (id: LicenseId, key: Device['key']) => ({
  pk: licenseKey(id).pk,
  sk: `${DEVICE}${key}`,
})

/** The prefix of the sort keys of devices. */
export const DEVICE = 'DEVICE#'

export const isDeviceItem = ({ pk, sk }: Item) =>
  `${pk}`.startsWith(licenseKey('' as LicenseId).pk) && `${sk}`.startsWith(DEVICE)

/** Reads an active or released device. Absent attributes become null. */
export function fromDeviceItem(item: Item): Device {
  const { deviceKey: key, name = null, hint, activatedAt, releasedAt = null } = item
  return { key, name, hint, activatedAt, releasedAt } as Device
}

/** Returns false for an alias, which has the same sort key and no facts. */
export const isLicenseItem = ({ sk, facts }: Item) => sk === LICENSE && facts !== undefined

const NULLABLE = {
  userId: null,
  userEmail: null,
  paymentIntentId: null,
  customerId: null,
  subscriptionId: null,
}

export function fromLicenseItem(item: Item): License {
  const {
    pk: _pk,
    sk: _sk,
    listed: _listed,
    emailKey: _emailKey,
    endsAt: _endsAt,
    subject,
    tierAtIssue,
    issuedAt,
    keyVersion,
    ...license
  } = item
  const origin = { subject, tier: tierAtIssue, issuedAt, keyVersion }
  const { id, createdAt } = license
  const defaults = { keyId: id, earlierKeys: [], devices: 0, releases: [], changedAt: createdAt }
  return { ...NULLABLE, ...defaults, ...license, origin } as unknown as License
}

/** Creates the item under the id of a reissued key, which refers to the license. */
export const toAliasItem = (id: LicenseId, aliasOf: LicenseId): Item => ({
  ...licenseKey(id),
  aliasOf,
})

export const aliasIn = ({ aliasOf }: Item) => aliasOf as LicenseId | undefined

/** The prefix of the sort keys of a license's history. */
export const HISTORY = 'EVENT#'

export const historyKey = (at: number) => `${HISTORY}${new Date(at).toISOString()}`

export function fromAuditItem(item: Item): AuditEntry {
  const { pk: _pk, sk: _sk, ...entry } = item
  return entry as unknown as AuditEntry
}

/** Creates an entry of the history. `unique` separates entries of one millisecond, among which an issue sorts first. */
export function toAuditItem(entry: AuditEntry, unique: string): Item {
  return {
    pk: licenseKey(entry.licenseId).pk,
    sk: `${historyKey(entry.at)}#${entry.before === null ? 0 : 1}${unique}`,
    ...entry,
  }
}

/** The prefix of the sort keys of notices. */
export const OUTBOX = 'OUTBOX#'

export const noticeKey = (id: LicenseId, { kind, period }: Pick<Notice, 'kind' | 'period'>) => ({
  pk: licenseKey(id).pk,
  sk: `${OUTBOX}${kind}#${period}`,
})

export function fromNoticeItem(item: Item): Delivery {
  const { licenseId, kind, period, state = 'waiting', at, changedAt = null, detail = null } = item
  return { licenseId, kind, period, state, at, changedAt, detail } as Delivery
}

export const addressKey = (address: string) => ({
  pk: `ADDRESS#${emailKey(address)}`,
  sk: 'ADDRESS',
})

export const RECOVERY = 'RECOVERY'

export const recoveryKey = (address: string) => ({
  pk: `RECOVERY#${emailKey(address)}`,
  sk: RECOVERY,
})

/** Creates the update of a notice, which keeps the time and the delivery state of an existing one. */
export const toNoticeUpdate = (licenseId: LicenseId, { kind, period, at }: Notice) => ({
  UpdateExpression:
    'SET #licenseId = :licenseId, #kind = :kind, #period = :period, #at = if_not_exists(#at, :at)',
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

export function fromClaimItem(item: Item): ExistingClaim {
  const { pk: _pk, sk: _sk, [TTL_ATTRIBUTE]: _ttl, ...claim } = item
  return claim as unknown as ExistingClaim
}

/** Creates the update of a change, which keeps all other attributes. */
export function toUpdate(change: LicenseChange, at: number) {
  const values: Item = { ':one': 1, ':at': at }
  const sets = ['#version = #version + :one', '#changedAt = :at']
  const removed: string[] = []
  for (const [path, value] of toAttributes(change)) {
    const attribute = path.replace(/\w+/g, '#$&')
    const name = `:${path.replace('.', '_')}`
    if (value === null) removed.push(attribute)
    else {
      values[name] = value
      sets.push(`${attribute} = ${name}`)
    }
  }
  const remove = removed.length > 0 ? ` REMOVE ${removed.join(', ')}` : ''
  return {
    UpdateExpression: `SET ${sets.join(', ')}${remove}`,
    ExpressionAttributeValues: values,
  }
}

const PROVIDER_SORT_KEY = 'STRIPE'

export const providerKey = (id: string) => ({ pk: `STRIPE#${id}`, sk: PROVIDER_SORT_KEY })

export function toProviderItem({ id, version, body, waitingSince }: ProviderRecord): Item {
  return {
    ...providerKey(id),
    id,
    version: version + 1,
    body,
    ...(waitingSince !== undefined && { listed: LISTED.waiting, createdAt: waitingSince }),
  }
}

export const isProviderItem = ({ sk }: Item) => sk === PROVIDER_SORT_KEY

export function fromProviderItem({ id, version, body, createdAt }: Item): ProviderRecord {
  const waiting = createdAt !== undefined && { waitingSince: createdAt }
  return { id, version, body, ...waiting } as ProviderRecord
}
