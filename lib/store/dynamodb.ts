import { randomBytes } from 'node:crypto'
import type { AuditEntry, License, LicenseId, Notice } from '../license/index.ts'
import {
  type Batch,
  type Claim,
  type ExistingClaim,
  type LicenseStore,
  type ProviderRecord,
  type Selection,
  toSortOrder,
} from '../license/store.ts'
import { createActivations } from './activations.ts'
import {
  claimKey,
  DEVICE,
  deviceItemKey,
  emailKey,
  fromAuditItem,
  fromClaimItem,
  fromDeviceItem,
  fromLicenseItem,
  fromProviderItem,
  HISTORY,
  historyKey,
  INDEXES,
  type Item,
  isDeviceItem,
  isLicenseItem,
  isProviderItem,
  LISTED,
  licenseKey,
  noticeKey,
  providerKey,
  toAliasItem,
  toAuditItem,
  toClaimItem,
  toLicenseItem,
  toNoticeUpdate,
  toProviderItem,
  toUpdate,
} from './item.ts'
import { createLookup } from './lookup.ts'
import { type CancellationReason, indexQuery, type Table, type Write } from './table.ts'

type Change = Extract<Batch['license'], { changed: LicenseId }>

const ABSENT = 'attribute_not_exists(pk)'
/** An expired claim counts as absent, even if DynamoDB has not deleted it yet. */
const ABSENT_OR_EXPIRED = `${ABSENT} OR expiresAt <= :now`

/** The license store on DynamoDB. Every write is one transaction. */
export function createDynamoStore(table: Table): LicenseStore {
  const { transact, read, queryAll } = table
  const lookup = createLookup(table)

  async function findOwner({ pk }: Item): Promise<License> {
    const id = `${pk}`.slice(licenseKey('' as LicenseId).pk.length) as LicenseId
    const license = await lookup.find(id)
    if (!license) throw new Error('The license of a device does not exist')
    return license
  }

  const put = (item: object, ConditionExpression: string, values?: object): Write => ({
    Put: {
      Item: item,
      ConditionExpression,
      ...(values && { ExpressionAttributeValues: { ...values } }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  })

  const putClaim = (claim: Claim, id: LicenseId | null, now: number) =>
    put(toClaimItem(claim, id), ABSENT_OR_EXPIRED, { ':now': now })

  const putRecord = (record: ProviderRecord) =>
    record.version === 0
      ? put(toProviderItem(record), ABSENT)
      : put(toProviderItem(record), 'version = :read', { ':read': record.version })

  const isAbsent = (Key: Record<string, string>): Write => ({
    ConditionCheck: { Key, ConditionExpression: ABSENT },
  })

  const putAudit = (audit: AuditEntry) =>
    put(toAuditItem(audit, randomBytes(9).toString('base64url')), ABSENT)

  const putNotice = (id: LicenseId, notice: Notice): Write => ({
    Update: { Key: noticeKey(id, notice), ...toNoticeUpdate(id, notice) },
  })

  /** The write for a change without new attributes: only the license has to exist. */
  const exists = (id: LicenseId): Write => ({
    ConditionCheck: {
      Key: licenseKey(id),
      ConditionExpression: 'attribute_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  })

  function update({ changed, expected, to, audit }: Change): Write {
    if (Object.keys(to).length === 0) return exists(changed)
    const { ExpressionAttributeValues, ...update } = toUpdate(to, audit.at)
    return {
      Update: {
        Key: licenseKey(changed),
        ...update,
        ConditionExpression:
          expected === undefined
            ? 'attribute_exists(pk)'
            : 'attribute_exists(pk) AND #version = :expected',
        ExpressionAttributeValues: {
          ...ExpressionAttributeValues,
          ...(expected !== undefined && { ':expected': expected }),
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    }
  }

  return {
    ...lookup,
    ...createActivations(table, putAudit),

    async devices(id) {
      const items = await queryAll({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :device)',
        ExpressionAttributeValues: { ':pk': licenseKey(id).pk, ':device': DEVICE },
      })
      return items.map(fromDeviceItem)
    },

    async commit({ claims, records = [], absent = {}, license, now }) {
      const issued = license && 'issued' in license ? license.issued : undefined
      const change = license && 'changed' in license ? license : undefined
      const alias = change?.alias
      const unchanged = [
        ...records.map(putRecord),
        ...[...(absent.records ?? []).map(providerKey), ...(absent.claims ?? []).map(claimKey)].map(
          isAbsent,
        ),
      ]
      const licenseIndex = unchanged.length + claims.length
      const reasons = await transact(
        [
          ...unchanged,
          ...claims.map((claim) => putClaim(claim, issued?.id ?? change?.changed ?? null, now)),
          ...(issued ? [put(toLicenseItem(issued), ABSENT)] : []),
          ...(change ? [update(change)] : []),
          ...(change && alias ? [put(toAliasItem(alias, change.changed), ABSENT)] : []),
          ...(license ? [putAudit(license.audit)] : []),
          ...(license
            ? license.notices.map((notice) => putNotice(license.audit.licenseId, notice))
            : []),
        ],
        // A new license that meets another one at the same second takes the next second instead of waiting.
        issued && licenseIndex,
      )
      if (!reasons) return { status: 'written' }
      const failed = reasons.map(({ code }) => code === 'ConditionalCheckFailed')
      if (failed.slice(0, unchanged.length).includes(true)) return { status: 'stale' }
      const claim = findClaim(reasons.slice(unchanged.length, licenseIndex))
      if (claim) return { status: 'claimed', claim }
      if (!change) return { status: 'taken' }
      if (alias && failed[licenseIndex + 1] && !failed[licenseIndex]) return { status: 'taken' }
      if (reasons[licenseIndex]?.item) return { status: 'stale' }
      throw new Error('The license to change does not exist')
    },

    async list(selection, limit, after) {
      const index = INDEXES[selection.by]
      const isOfDevice = selection.by === 'device'
      const hash = 'value' in selection ? toHash(selection) : LISTED.license
      const key =
        after && (isOfDevice ? deviceItemKey(after.id, selection.value) : licenseKey(after.id))
      const query = indexQuery(index, hash, key && { key, at: after.at })
      const range = toRange(selection)
      const items = await queryAll(
        {
          ...query,
          ...(range && {
            KeyConditionExpression: `${query.KeyConditionExpression} AND ${range.condition}`,
            ExpressionAttributeNames: { '#sort': index.sort },
            ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ...range.values },
          }),
          ScanIndexForward: toSortOrder(selection) === 'asc',
        },
        limit,
        isOfDevice ? isDeviceItem : isLicenseItem,
      )
      const listed = items.map(async (item) => {
        // This index contains devices, not their licenses.
        const license = isOfDevice ? await findOwner(item) : fromLicenseItem(item)
        return { license, position: { id: license.id, at: item[index.sort] as number | string } }
      })
      return Promise.all(listed)
    },

    async listForReview(limit, after) {
      const items = await queryAll(
        indexQuery(
          INDEXES.creation,
          LISTED.waiting,
          after && { key: providerKey(after.id), at: after.since },
        ),
        limit,
        isProviderItem,
      )
      return items.map(fromProviderItem)
    },

    async history(id, { until, limit }) {
      const items = await queryAll(
        {
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':pk': licenseKey(id).pk,
            ':from': HISTORY,
            // Sorts after every suffix of this moment.
            ':to': until === undefined ? `${HISTORY}~` : `${historyKey(until)}#~`,
          },
          ScanIndexForward: false,
        },
        limit,
      )
      return items.map(fromAuditItem)
    },

    async claim(claim, licenseId, now) {
      const reasons = await transact([putClaim(claim, licenseId, now)])
      return reasons && findClaim(reasons)
    },

    async readRecords(ids, claims) {
      const items = await read([...ids.map(providerKey), ...claims.map(claimKey)])
      return {
        records: items.filter(isProviderItem).map(fromProviderItem),
        claims: items.filter((item) => !isProviderItem(item)).map(fromClaimItem),
      }
    },
  }
}

/** Returns the condition on the sort key of an index, if there is one. */
function toRange(selection: Selection) {
  if (selection.by === 'end') {
    const values = { ':from': selection.from, ':to': selection.before - 1 }
    return { condition: '#sort BETWEEN :from AND :to', values }
  }
  if (!('start' in selection)) return
  const start = selection.by === 'emailStart' ? emailKey(selection.start) : selection.start
  return { condition: 'begins_with(#sort, :start)', values: { ':start': start } }
}

const toHash = ({ by, value }: Extract<Selection, { value: string }>) =>
  by === 'userEmail' ? emailKey(value) : value

function findClaim(reasons: readonly CancellationReason[]): ExistingClaim | undefined {
  const item = reasons.find((reason) => reason.item)?.item
  return item && fromClaimItem(item)
}
