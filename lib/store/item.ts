/** Records ⇄ items. The only file that knows keys and attribute names. */

import type {
  AuditEntry,
  Billing,
  Claim,
  ClaimName,
  Device,
  DeviceKey,
  ExistingClaim,
  KeyOrigin,
  License,
  LicenseChange,
  LicenseId,
  Notice,
  ProviderRecord,
} from '../license/index.ts'
import type { Delivery } from '../mail/outbox.ts'

export type Item = Record<string, unknown>

/** The attribute that DynamoDB's own deletion looks at: seconds since the epoch. It deletes late, so nothing trusts it. */
export const TTL_ATTRIBUTE = 'ttl'

export const LICENSE = 'LICENSE'

export const licenseKey = (id: LicenseId) => ({ pk: `LICENSE#${id}`, sk: LICENSE })

/**
 * The secondary indexes, each sorted by a moment, or by what people type the beginning of. An item without the attributes of
 * an index is not in it, so none of them may be null. An item that has both is in it, whatever it is, so a record that does not
 * belong to an index must not have both.
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

/** Of the indexes that hold everything of one kind. */
export const LISTED = { license: 'LICENSE', token: 'TOKEN', waiting: 'WAITING' } as const

/** An address as it is looked for: nobody knows in which case it was written. */
export const emailKey = (email: string) => email.toLowerCase()

/** What a license, or a change of one, is in its item, by the path of each attribute. Null for what is to be absent. */
function attributesOf(terms: LicenseChange): [path: readonly string[], value: unknown][] {
  const { origin, admin, billing, risk, extendedUntil, ...plain } = terms
  const flat = Object.entries(plain).map(([name, value]): [string[], unknown] => [[name], value])
  const facts = Object.entries({ admin, billing, risk, extendedUntil })
  const end = billing ? later(endOf(billing), extendedUntil) : extendedUntil
  return [
    ...flat,
    ...facts
      .filter(([, value]) => value !== undefined)
      .map(([name, value]): [string[], unknown] => [['facts', name], value]),
    ...Object.entries(origin ?? {}).map(([name, value]): [string[], unknown] => [
      [ORIGIN[name as keyof KeyOrigin]],
      value,
    ]),
    ...(plain.userEmail === undefined
      ? []
      : [[['emailKey'], plain.userEmail && emailKey(plain.userEmail)] as [string[], unknown]]),
    ...(end === undefined ? [] : [[['endsAt'], end] as [string[], unknown]]),
  ]
}

const ORIGIN = {
  subject: 'subject',
  tier: 'tierAtIssue',
  issuedAt: 'issuedAt',
  keyVersion: 'keyVersion',
} as const satisfies Record<keyof KeyOrigin, string>

/** Null is for ever. */
const later = (end: number | null, other: number | undefined) =>
  end === null ? null : Math.max(end, other ?? end)

/** For the index only: what decides is `evaluate`. */
const endOf = ({ status, paidUntil, graceUntil, cancelAt }: Billing): number | null => {
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
  for (const [[name = '', inner], value] of attributesOf({ ...terms, ...facts })) {
    if (inner === undefined && value !== null) item[name] = value
  }
  return item
}

export const deviceItemKey = (id: LicenseId, key: DeviceKey) => ({
  pk: licenseKey(id).pk,
  sk: `${DEVICE}${key}`,
})

/** What begins the sort key of a device. */
export const DEVICE = 'DEVICE#'

export const isDeviceItem = ({ pk, sk }: Item) =>
  `${pk}`.startsWith(licenseKey('' as LicenseId).pk) && `${sk}`.startsWith(DEVICE)

/** Active or not: what is absent is null. */
export function fromDeviceItem(item: Item): Device {
  const { deviceKey: key, name = null, hint, activatedAt, releasedAt = null } = item
  return { key, name, hint, activatedAt, releasedAt } as Device
}

/** Tells a license from an alias, which has the same sort key and no facts. */
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
  const unsaid = { keyId: id, earlierKeys: [], devices: 0, releases: [], changedAt: createdAt }
  return { ...NULLABLE, ...unsaid, ...license, origin } as unknown as License
}

/** What stands under the id of a license's new key. */
export const toAliasItem = (id: LicenseId, aliasOf: LicenseId): Item => ({
  ...licenseKey(id),
  aliasOf,
})

export const aliasIn = ({ aliasOf }: Item) => aliasOf as LicenseId | undefined

/** What begins the sort key of a license's history. */
export const HISTORY = 'EVENT#'

export const historyKey = (at: number) => `${HISTORY}${new Date(at).toISOString()}`

export function fromAuditItem(item: Item): AuditEntry {
  const { pk: _pk, sk: _sk, ...entry } = item
  return entry as unknown as AuditEntry
}

/** `unique` keeps two entries of one millisecond apart; an issue comes before whatever else happened in its own. */
export function toAuditItem(entry: AuditEntry, unique: string): Item {
  return {
    pk: licenseKey(entry.licenseId).pk,
    sk: `${historyKey(entry.at)}#${entry.before === null ? 0 : 1}${unique}`,
    ...entry,
  }
}

/** What begins the sort key of a notice. */
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

export function fromClaimItem(item: Item): ExistingClaim {
  const { pk: _pk, sk: _sk, [TTL_ATTRIBUTE]: _ttl, ...claim } = item
  return claim as unknown as ExistingClaim
}

/** A change as DynamoDB's own update, which leaves alone whatever is not in it. */
export function toUpdate(change: LicenseChange, at: number) {
  const names: Record<string, string> = { '#version': 'version', '#changedAt': 'changedAt' }
  const values: Item = { ':one': 1, ':at': at }
  const sets = ['#version = #version + :one', '#changedAt = :at']
  const removed: string[] = []
  for (const [parts, value] of attributesOf(change)) {
    const path = parts.map((part) => {
      names[`#${part}`] = part
      return `#${part}`
    })
    if (value === null) {
      removed.push(path.join('.'))
      continue
    }
    const name = `:${parts.join('_')}`
    values[name] = value
    sets.push(`${path.join('.')} = ${name}`)
  }
  const remove = removed.length > 0 ? ` REMOVE ${removed.join(', ')}` : ''
  return {
    UpdateExpression: `SET ${sets.join(', ')}${remove}`,
    ExpressionAttributeNames: names,
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
