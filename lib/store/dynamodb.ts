import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CancellationReason, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import {
  type Claim,
  type HeldClaim,
  type LicenseId,
  type LicenseStore,
  StoreUnavailable,
} from '../license/index.ts'
import {
  fromClaimItem,
  fromLicenseItem,
  licenseKey,
  toAuditItem,
  toClaimItem,
  toLicenseItem,
  toParkedItem,
} from './item.ts'

type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number]

const ABSENT = 'attribute_not_exists(pk)'
/** A claim that has run out counts as absent, whether or not DynamoDB has deleted it yet. */
const ABSENT_OR_OVER = `${ABSENT} OR expiresAt <= :now`
/** A parked purchase waits for exactly this write. */
const ABSENT_OR_PARKED = `${ABSENT} OR attribute_exists(parkedAt)`

/** How often a transaction that lost against another one is tried again, and how long the first pause is at most. */
const CONFLICT_TRIES = 8
const CONFLICT_PAUSE_MS = 20
const MAX_CONFLICT_PAUSE_MS = 500

/** The store on a DynamoDB table. Every issue is one transaction; verifying is one strongly consistent read. */
export function createDynamoStore({
  client,
  table,
}: {
  client: DynamoDBDocumentClient
  table: string
}): LicenseStore {
  /** Answers the reasons of a refusal by a condition; undefined once it is written. */
  async function transact(writes: readonly Write[]): Promise<CancellationReason[] | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.send(new TransactWriteCommand({ TransactItems: [...writes] }))
        return
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw unavailable(error)
        const reasons = error.CancellationReasons ?? []
        if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return reasons
        if (!reasons.some(isPassing) || attempt === CONFLICT_TRIES) throw unavailable(error)
        await sleep(
          Math.random() * Math.min(CONFLICT_PAUSE_MS * 2 ** attempt, MAX_CONFLICT_PAUSE_MS),
        )
      }
    }
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

  const putClaim = (claim: Claim, id: LicenseId, now: number) =>
    claim.kind === 'purchase'
      ? put(toClaimItem(claim, id), ABSENT_OR_PARKED)
      : put(toClaimItem(claim, id), ABSENT_OR_OVER, { ':now': now })

  return {
    async find(id) {
      const { Item } = await client
        .send(new GetCommand({ TableName: table, Key: licenseKey(id), ConsistentRead: true }))
        .catch((error: unknown) => {
          throw unavailable(error)
        })
      return Item && fromLicenseItem(Item)
    },

    async issue({ license, audit, claims }) {
      const reasons = await transact([
        ...claims.map((claim) => putClaim(claim, license.id, license.createdAt)),
        put(toLicenseItem(license), ABSENT),
        put(toAuditItem(audit, randomBytes(9).toString('base64url')), ABSENT),
      ])
      if (!reasons) return { status: 'issued' }
      const held = holderIn(reasons.slice(0, claims.length))
      return held ? { status: 'claimed', claim: held } : { status: 'taken' }
    },

    async claim(claim, licenseId, now) {
      const reasons = await transact([putClaim(claim, licenseId, now)])
      return reasons && holderIn(reasons)
    },

    async park(purchase) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: toParkedItem(purchase),
            ConditionExpression: ABSENT,
          }),
        )
        return 'parked'
      } catch (error) {
        if (nameOf(error) === 'ConditionalCheckFailedException') return 'known'
        throw unavailable(error)
      }
    },
  }
}

function holderIn(reasons: readonly CancellationReason[]): HeldClaim | undefined {
  const item = reasons.find(({ Item }) => Item)?.Item
  return item && fromClaimItem(unmarshall(item))
}

const PASSING = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])
const isPassing = ({ Code }: CancellationReason) => PASSING.has(Code ?? '')

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '')

/** A request that DynamoDB calls wrong is a fault of the program; everything else may pass. */
function unavailable(error: unknown): unknown {
  const wrong =
    error instanceof TransactionCanceledException
      ? error.CancellationReasons?.some(({ Code }) => Code === 'ValidationError')
      : nameOf(error) === 'ValidationException'
  return wrong ? error : new StoreUnavailable(error)
}
