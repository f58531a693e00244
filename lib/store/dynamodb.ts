import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CancellationReason, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import {
  type AuditEntry,
  type Batch,
  type Claim,
  type HeldClaim,
  type LicenseId,
  type LicenseStore,
  type Notice,
  type ProviderRecord,
  StoreUnavailable,
} from '../license/index.ts'
import {
  claimKey,
  fromClaimItem,
  fromLicenseItem,
  fromProviderItem,
  type Item,
  licenseKey,
  noticeKey,
  PROVIDER_SORT_KEY,
  providerKey,
  toAuditItem,
  toClaimItem,
  toLicenseItem,
  toNoticeUpdate,
  toProviderItem,
  toUpdate,
} from './item.ts'

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
      const { Responses, UnprocessedKeys } = await client.send(command).catch((error: unknown) => {
        throw unavailable(error)
      })
      items.push(...(Responses?.[table] ?? []))
      wanted = UnprocessedKeys?.[table]?.Keys ?? []
      if (wanted.length > 0 && attempt === CONFLICT_TRIES) throw unavailable(new Error('Too busy'))
      if (wanted.length > 0) await pause(attempt)
    }
    return items
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

  function update({ changed, expected, to }: Change): Write {
    const { ExpressionAttributeValues, ...update } = toUpdate(to)
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
      const { Item } = await client
        .send(new GetCommand({ TableName: table, Key: licenseKey(id), ConsistentRead: true }))
        .catch((error: unknown) => {
          throw unavailable(error)
        })
      return Item && fromLicenseItem(Item)
    },

    async commit({ claims, records = [], absent = {}, license, now }) {
      const issued = license && 'issued' in license ? license.issued : undefined
      const change = license && 'changed' in license ? license : undefined
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
      if (reasons[place]?.Item) return { status: 'stale' }
      throw new Error('The license that is to be changed does not exist')
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

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '')

/** A request that DynamoDB calls wrong is a fault of the program; everything else may pass. */
function unavailable(error: unknown): unknown {
  const wrong =
    error instanceof TransactionCanceledException
      ? error.CancellationReasons?.some(({ Code }) => Code === 'ValidationError')
      : nameOf(error) === 'ValidationException'
  return wrong ? error : new StoreUnavailable(error)
}
