import { randomBytes } from 'node:crypto'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import {
  type AuditEntry,
  type Batch,
  type Claim,
  type HeldClaim,
  type License,
  type LicenseId,
  type LicenseStore,
  type Notice,
  orderOf,
  type ProviderRecord,
  type Selection,
} from '../license/index.ts'
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
import { createRequests, type Requests } from './requests.ts'
import { createSeats } from './seats.ts'
import type { CancellationReason, Table, Write } from './table.ts'

type Change = Extract<Batch['license'], { changed: LicenseId }>

const ABSENT = 'attribute_not_exists(pk)'
/** A claim that has run out counts as absent, whether or not DynamoDB has deleted it yet. */
const ABSENT_OR_OVER = `${ABSENT} OR expiresAt <= :now`

/**
 * The store on a DynamoDB table. Every write is one transaction; verifying is one strongly consistent read, and a second
 * for a key that took the place of the license's first.
 */
export function createDynamoStore(
  at: Table,
  requests: Requests = createRequests(at),
): LicenseStore {
  const { name: table } = at
  const { transact, read, queryAll } = requests
  const reading = createLookup(requests)

  async function ownerOf({ pk }: Item): Promise<License> {
    const id = `${pk}`.slice(licenseKey('' as LicenseId).pk.length) as LicenseId
    const license = await reading.find(id)
    if (!license) throw new Error('A device is of a license that does not exist')
    return license
  }

  const put = (item: object, ConditionExpression: string, values?: object): Write => ({
    Put: {
      TableName: table,
      Item: item,
      ConditionExpression,
      ...(values && { ExpressionAttributeValues: { ...values } }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  })

  const putClaim = (claim: Claim, id: LicenseId | null, now: number) =>
    put(toClaimItem(claim, id), ABSENT_OR_OVER, { ':now': now })

  const putRecord = (record: ProviderRecord) =>
    record.version === 0
      ? put(toProviderItem(record), ABSENT)
      : put(toProviderItem(record), 'version = :read', { ':read': record.version })

  const isAbsent = (Key: Record<string, string>): Write => ({
    ConditionCheck: { TableName: table, Key, ConditionExpression: ABSENT },
  })

  const putAudit = (audit: AuditEntry) =>
    put(toAuditItem(audit, randomBytes(9).toString('base64url')), ABSENT)

  const putNotice = (id: LicenseId, notice: Notice): Write => ({
    Update: { TableName: table, Key: noticeKey(id, notice), ...toNoticeUpdate(id, notice) },
  })

  /** What is only noted asks for nothing but a license. */
  const exists = (id: LicenseId): Write => ({
    ConditionCheck: {
      TableName: table,
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
        TableName: table,
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
    ...reading,
    ...createSeats(requests, table, putAudit),

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
      const place = unchanged.length + claims.length
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
        // Whoever is just now taking the second of a new license may have it: there is a next one.
        issued && place,
      )
      if (!reasons) return { status: 'written' }
      const refused = reasons.map(({ Code }) => Code === 'ConditionalCheckFailed')
      if (refused.slice(0, unchanged.length).includes(true)) return { status: 'stale' }
      const held = holderIn(reasons.slice(unchanged.length, place))
      if (held) return { status: 'claimed', claim: held }
      if (!change) return { status: 'taken' }
      if (alias && refused[place + 1] && !refused[place]) return { status: 'taken' }
      if (reasons[place]?.Item) return { status: 'stale' }
      throw new Error('The license that is to be changed does not exist')
    },

    async list(selection, limit, after) {
      const index = INDEXES[selection.by]
      const hash = 'value' in selection ? hashOf(selection) : LISTED.license
      const range = rangeOf(selection)
      const items = await queryAll(
        {
          IndexName: index.name,
          KeyConditionExpression: `#hash = :hash${range ? ` AND ${range.condition}` : ''}`,
          ExpressionAttributeNames: {
            '#hash': index.hash,
            ...(range && { '#sort': index.sort }),
          },
          ExpressionAttributeValues: {
            ':hash': hash,
            ...range?.values,
          },
          ScanIndexForward: orderOf(selection) === 'asc',
          ...(after && {
            ExclusiveStartKey: {
              ...(selection.by === 'device'
                ? deviceItemKey(after.id, selection.value)
                : licenseKey(after.id)),
              [index.hash]: hash,
              [index.sort]: after.at,
            },
          }),
        },
        limit,
        selection.by === 'device' ? isDeviceItem : isLicenseItem,
      )
      const listed = items.map(async (item) => {
        // A device is indexed, and not the license that it is of.
        const license = selection.by === 'device' ? await ownerOf(item) : fromLicenseItem(item)
        return { license, position: { id: license.id, at: item[index.sort] as number | string } }
      })
      return Promise.all(listed)
    },

    async waiting(limit, after) {
      const { name, hash, sort } = INDEXES.creation
      const items = await queryAll(
        {
          IndexName: name,
          KeyConditionExpression: '#hash = :hash',
          ExpressionAttributeNames: { '#hash': hash },
          ExpressionAttributeValues: { ':hash': LISTED.waiting },
          ScanIndexForward: false,
          ...(after && {
            ExclusiveStartKey: {
              ...providerKey(after.id),
              [hash]: LISTED.waiting,
              [sort]: after.since,
            },
          }),
        },
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
            // Whatever keeps entries of one moment apart comes before this.
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
      return reasons && holderIn(reasons)
    },

    async recall(ids, claims) {
      const items = await read([...ids.map(providerKey), ...claims.map(claimKey)])
      return {
        records: items.filter(isProviderItem).map(fromProviderItem),
        claims: items.filter((item) => !isProviderItem(item)).map(fromClaimItem),
      }
    },
  }
}

/** Which part of an index is asked for, if not all that has the hash. */
function rangeOf(selection: Selection) {
  if (selection.by === 'end') {
    const values = { ':from': selection.from, ':to': selection.before - 1 }
    return { condition: '#sort BETWEEN :from AND :to', values }
  }
  if (!('start' in selection)) return
  const start = selection.by === 'emailStart' ? emailKey(selection.start) : selection.start
  return { condition: 'begins_with(#sort, :start)', values: { ':start': start } }
}

const hashOf = ({ by, value }: Extract<Selection, { value: string }>) =>
  by === 'userEmail' ? emailKey(value) : value

function holderIn(reasons: readonly CancellationReason[]): HeldClaim | undefined {
  const item = reasons.find(({ Item }) => Item)?.Item
  return item && fromClaimItem(unmarshall(item))
}
