import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CancellationReason, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type {
  AuditEntry,
  Batch,
  Claim,
  HeldClaim,
  License,
  LicenseId,
  LicenseStore,
  Notice,
  ProviderRecord,
  Selection,
} from '../license/index.ts'
import {
  aliasIn,
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
  LISTED,
  licenseKey,
  noticeKey,
  PROVIDER_SORT_KEY,
  providerKey,
  toAliasItem,
  toAuditItem,
  toClaimItem,
  toLicenseItem,
  toNoticeUpdate,
  toProviderItem,
  toUpdate,
} from './item.ts'
import { unavailable } from './unavailable.ts'

type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number]
type Change = Extract<Batch['license'], { changed: LicenseId }>

const ABSENT = 'attribute_not_exists(pk)'
/** A claim that has run out counts as absent, whether or not DynamoDB has deleted it yet. */
const ABSENT_OR_OVER = `${ABSENT} OR expiresAt <= :now`

/** How often what lost against others is tried again, and how long the first pause is at most. */
const CONFLICT_TRIES = 8
const CONFLICT_PAUSE_MS = 20
const MAX_CONFLICT_PAUSE_MS = 500

/** The store on a DynamoDB table. Every write is one transaction; verifying is one strongly consistent read. */
export function createDynamoStore({
  client,
  table,
}: {
  client: DynamoDBDocumentClient
  table: string
}): LicenseStore {
  const send: DynamoDBDocumentClient['send'] = (async (command: GetCommand) => {
    try {
      return await client.send(command)
    } catch (error) {
      throw unavailable(error)
    }
  }) as DynamoDBDocumentClient['send']

  /**
   * Answers the reasons of a refusal by a condition; undefined once it is written.
   *
   * @param contested which of the writes is given up, rather than tried again, when another one meets it
   */
  async function transact(
    writes: readonly Write[],
    contested?: number,
  ): Promise<CancellationReason[] | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.send(new TransactWriteCommand({ TransactItems: [...writes] }))
        return
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw unavailable(error)
        const reasons = error.CancellationReasons ?? []
        if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return reasons
        if (contested !== undefined && onlyMeets(reasons, contested)) return reasons
        if (!reasons.some(isPassing) || attempt === CONFLICT_TRIES) throw unavailable(error)
        await pause(attempt)
      }
    }
  }

  /** All of them in one round trip, unless DynamoDB is too busy to read all at once. */
  async function read(keys: readonly Record<string, unknown>[]): Promise<Item[]> {
    const items: Item[] = []
    let wanted = [...keys]
    for (let attempt = 1; wanted.length > 0; attempt++) {
      const command = new BatchGetCommand({
        RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } },
      })
      const { Responses, UnprocessedKeys } = await send(command)
      items.push(...(Responses?.[table] ?? []))
      wanted = UnprocessedKeys?.[table]?.Keys ?? []
      if (wanted.length > 0 && attempt === CONFLICT_TRIES) throw unavailable(new Error('Too busy'))
      if (wanted.length > 0) await pause(attempt)
    }
    return items
  }

  async function ownerOf({ pk }: Item): Promise<License> {
    const item = await get(`${pk}`.slice(licenseKey('' as LicenseId).pk.length) as LicenseId)
    if (!item) throw new Error('A device is of a license that does not exist')
    return fromLicenseItem(item)
  }

  const lookup: LicenseStore['lookup'] = async (id, key) => {
    const { sk } = licenseKey(id)
    const items = await read([licenseKey(id), deviceItemKey(id, key)])
    const item = items.find((found) => found['sk'] === sk)
    const aliasOf = item && aliasIn(item)
    if (aliasOf !== undefined) return lookup(aliasOf, key)
    const device = items.find((found) => found['sk'] !== sk)
    return {
      ...(item && { license: fromLicenseItem(item) }),
      ...(device && { device: fromDeviceItem(device) }),
    }
  }

  /** As many of the items as are wanted, in as many round trips as that takes. */
  async function queryAll(
    query: Omit<QueryCommandInput, 'TableName'>,
    limit?: number,
  ): Promise<Item[]> {
    const items: Item[] = []
    let start: Item | undefined
    do {
      const { Items = [], LastEvaluatedKey } = await send(
        new QueryCommand({
          ...query,
          TableName: table,
          ...(limit !== undefined && { Limit: limit - items.length }),
          ...(start && { ExclusiveStartKey: start }),
        }),
      )
      items.push(...Items)
      start = LastEvaluatedKey
    } while (start && (limit === undefined || items.length < limit))
    return items
  }

  async function get(id: LicenseId): Promise<Item | undefined> {
    const { Item } = await send(
      new GetCommand({ TableName: table, Key: licenseKey(id), ConsistentRead: true }),
    )
    return Item
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
    async find(id) {
      const item = await get(id)
      const aliasOf = item && aliasIn(item)
      const found = aliasOf === undefined ? item : await get(aliasOf)
      return found && fromLicenseItem(found)
    },

    lookup,

    async devices(id) {
      const items = await queryAll({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :device)',
        ExpressionAttributeValues: { ':pk': licenseKey(id).pk, ':device': DEVICE },
      })
      return items.map(fromDeviceItem)
    },

    async activate(id, { key, name, hint, activatedAt }, audit) {
      const reasons = await transact([
        {
          Update: {
            TableName: table,
            Key: deviceItemKey(id, key),
            UpdateExpression:
              'SET #device = :device, #name = :name, #hint = :hint, #activatedAt = :at REMOVE #releasedAt',
            ConditionExpression: 'attribute_not_exists(pk) OR attribute_exists(#releasedAt)',
            ExpressionAttributeNames: {
              '#device': 'deviceKey',
              '#name': 'name',
              '#hint': 'hint',
              '#activatedAt': 'activatedAt',
              '#releasedAt': 'releasedAt',
            },
            ExpressionAttributeValues: {
              ':device': key,
              ':name': name,
              ':hint': hint,
              ':at': activatedAt,
            },
          },
        },
        {
          Update: {
            TableName: table,
            Key: licenseKey(id),
            UpdateExpression: 'SET #devices = if_not_exists(#devices, :none) + :one',
            ConditionExpression:
              'attribute_exists(pk) AND (attribute_not_exists(#devices) OR #devices < #seats)',
            ExpressionAttributeNames: { '#devices': 'devices', '#seats': 'seats' },
            ExpressionAttributeValues: { ':none': 0, ':one': 1 },
          },
        },
        putAudit(audit),
      ])
      if (!reasons) return 'activated'
      return reasons[0]?.Code === 'ConditionalCheckFailed' ? 'known' : 'full'
    },

    async release(id, key, audit) {
      const reasons = await transact([
        {
          Update: {
            TableName: table,
            Key: deviceItemKey(id, key),
            UpdateExpression: 'SET #releasedAt = :at',
            ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#releasedAt)',
            ExpressionAttributeNames: { '#releasedAt': 'releasedAt' },
            ExpressionAttributeValues: { ':at': audit.at },
          },
        },
        {
          Update: {
            TableName: table,
            Key: licenseKey(id),
            UpdateExpression:
              'SET #devices = #devices - :one, #releases = list_append(if_not_exists(#releases, :none), :now)',
            ExpressionAttributeNames: { '#devices': 'devices', '#releases': 'releases' },
            ExpressionAttributeValues: { ':one': 1, ':none': [], ':now': [audit.at] },
          },
        },
        putAudit(audit),
      ])
      return reasons ? 'unknown' : 'released'
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
      const isByEnd = selection.by === 'end'
      const items = await queryAll(
        {
          IndexName: index.name,
          KeyConditionExpression: `#hash = :hash${isByEnd ? ' AND #sort BETWEEN :from AND :to' : ''}`,
          ExpressionAttributeNames: {
            '#hash': index.hash,
            ...(isByEnd && { '#sort': index.sort }),
          },
          ExpressionAttributeValues: {
            ':hash': hash,
            ...(isByEnd && { ':from': selection.from, ':to': selection.before - 1 }),
          },
          ScanIndexForward: isByEnd,
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
      )
      const listed = items.map(async (item) => {
        // A device is indexed, and not the license that it is of.
        const license = selection.by === 'device' ? await ownerOf(item) : fromLicenseItem(item)
        return { license, position: { id: license.id, at: Number(item[index.sort]) } }
      })
      return Promise.all(listed)
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
      const isRecord = ({ sk }: Item) => sk === PROVIDER_SORT_KEY
      return {
        records: items.filter(isRecord).map(fromProviderItem),
        claims: items.filter((item) => !isRecord(item)).map(fromClaimItem),
      }
    },
  }
}

const hashOf = ({ by, value }: Extract<Selection, { value: string }>) =>
  by === 'userEmail' ? emailKey(value) : value

function holderIn(reasons: readonly CancellationReason[]): HeldClaim | undefined {
  const item = reasons.find(({ Item }) => Item)?.Item
  return item && fromClaimItem(unmarshall(item))
}

const onlyMeets = (reasons: readonly CancellationReason[], place: number) =>
  reasons.every(({ Code }, index) => Code === (index === place ? 'TransactionConflict' : 'None'))

const PASSING = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])
const isPassing = ({ Code }: CancellationReason) => PASSING.has(Code ?? '')

const pause = (attempt: number) =>
  sleep(Math.random() * Math.min(CONFLICT_PAUSE_MS * 2 ** attempt, MAX_CONFLICT_PAUSE_MS))
