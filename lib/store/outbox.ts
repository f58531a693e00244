import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import {
  type DynamoDBDocumentClient,
  GetCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { Delivery, NoticeRef, Outbox } from '../mail/outbox.ts'
import {
  addressKey,
  emailKey,
  fromNoticeItem,
  type Item,
  licenseKey,
  noticeKey,
  OUTBOX,
  recoveryKey,
  TTL_ATTRIBUTE,
  toNoticeUpdate,
} from './item.ts'
import { createRequests } from './requests.ts'
import { createSdkTable } from './sdkTable.ts'
import { throwUnavailable, unavailable } from './unavailable.ts'

/** Longer than a function that sends can run. */
const TAKEN_MS = 60_000
/** Twice at the most may a function end between sending and saying so. */
const MAX_TAKEN = 2
const HOUR_MS = 60 * 60 * 1000

/** The outbox in the table of the licenses. */
export function createOutbox({
  client,
  table,
}: {
  client: DynamoDBDocumentClient
  table: string
}): Outbox {
  const { queryAll } = createRequests(createSdkTable(client, table))

  /** Answers the item as it is when the condition does not hold, and undefined once it is written. */
  async function update(
    Key: Record<string, string>,
    input: Omit<UpdateCommandInput, 'TableName' | 'Key'>,
  ): Promise<Item | undefined> {
    try {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          ...input,
        }),
      )
      return
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return unmarshall(error.Item ?? {})
      throw unavailable(error)
    }
  }

  const keyOf = ({ licenseId, ...notice }: NoticeRef) => noticeKey(licenseId, notice)

  const close: Outbox['close'] = async (notice, { state, detail, messageId }, now) => {
    await update(keyOf(notice), {
      // What was heard of it since it was sent is newer.
      UpdateExpression: `SET #state = if_not_exists(#state, :state), #changedAt = if_not_exists(#changedAt, :now)${
        detail === undefined ? '' : ', #detail = :detail'
      }${messageId === undefined ? '' : ', #messageId = :messageId'} REMOVE #takenAt`,
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeNames: {
        '#state': 'state',
        '#changedAt': 'changedAt',
        '#takenAt': 'takenAt',
        ...(detail !== undefined && { '#detail': 'detail' }),
        ...(messageId !== undefined && { '#messageId': 'messageId' }),
      },
      ExpressionAttributeValues: {
        ':state': state,
        ':now': now,
        ...(detail !== undefined && { ':detail': detail }),
        ...(messageId !== undefined && { ':messageId': messageId }),
      },
    })
  }

  return {
    async add(licenseId, notice) {
      await update(noticeKey(licenseId, notice), toNoticeUpdate(licenseId, notice))
    },

    async take(notice, now) {
      const found = await update(keyOf(notice), {
        UpdateExpression: 'SET #takenAt = :now ADD #taken :one',
        ConditionExpression:
          'attribute_exists(pk) AND attribute_not_exists(#state) AND (attribute_not_exists(#takenAt) OR #takenAt < :before) AND (attribute_not_exists(#taken) OR #taken < :max)',
        ExpressionAttributeNames: { '#state': 'state', '#takenAt': 'takenAt', '#taken': 'taken' },
        ExpressionAttributeValues: {
          ':now': now,
          ':before': now - TAKEN_MS,
          ':one': 1,
          ':max': MAX_TAKEN,
        },
      })
      if (!found) return 'taken'
      if (found['pk'] === undefined || found['state'] !== undefined) return 'over'
      if (Number(found['takenAt']) >= now - TAKEN_MS) return 'busy'
      await close(notice, { state: 'uncertain' }, now)
      return 'uncertain'
    },

    async putBack(notice) {
      await update(keyOf(notice), {
        UpdateExpression: 'REMOVE #takenAt ADD #taken :less',
        ConditionExpression: 'attribute_exists(#takenAt)',
        ExpressionAttributeNames: { '#takenAt': 'takenAt', '#taken': 'taken' },
        ExpressionAttributeValues: { ':less': -1 },
      })
    },

    close,

    async report(notice, state, at) {
      await update(keyOf(notice), {
        UpdateExpression: 'SET #state = :state, #changedAt = :at',
        ConditionExpression: `attribute_exists(pk) AND (attribute_not_exists(#state) OR NOT #state IN (:bounced, :complained))`,
        ExpressionAttributeNames: { '#state': 'state', '#changedAt': 'changedAt' },
        ExpressionAttributeValues: {
          ':state': state,
          ':at': at,
          ':bounced': 'bounced',
          ':complained': 'complained',
        },
      })
    },

    async list(licenseId) {
      const items = await queryAll({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :outbox)',
        ExpressionAttributeValues: { ':pk': licenseKey(licenseId).pk, ':outbox': OUTBOX },
      })
      return items.map(fromNoticeItem).toSorted((a: Delivery, b: Delivery) => b.at - a.at)
    },

    async suppress(address, why, at) {
      await update(addressKey(address), {
        UpdateExpression: 'SET #address = :address, #why = :why, #at = :at REMOVE #allowed',
        ExpressionAttributeNames: {
          '#address': 'address',
          '#why': 'why',
          '#at': 'at',
          '#allowed': 'allowed',
        },
        ExpressionAttributeValues: { ':address': emailKey(address), ':why': why, ':at': at },
      })
    },

    async allow(address) {
      await update(addressKey(address), {
        UpdateExpression: 'SET #allowed = :true',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeNames: { '#allowed': 'allowed' },
        ExpressionAttributeValues: { ':true': true },
      })
    },

    async isSuppressed(address) {
      const { Item } = await client
        .send(new GetCommand({ TableName: table, Key: addressKey(address), ConsistentRead: true }))
        .catch(throwUnavailable)
      return Item !== undefined && Item['allowed'] !== true
    },

    async recover(address, now) {
      // The times of the last three, the newest first: an update reads all of them as they were before it.
      await update(recoveryKey(address), {
        UpdateExpression:
          'SET #address = :address, #third = if_not_exists(#second, :never), #second = if_not_exists(#first, :never), #first = :now, #ttl = :ttl',
        ConditionExpression: 'attribute_not_exists(#third) OR #third <= :before',
        ExpressionAttributeNames: {
          '#address': 'address',
          '#first': 'first',
          '#second': 'second',
          '#third': 'third',
          '#ttl': TTL_ATTRIBUTE,
        },
        ExpressionAttributeValues: {
          ':address': address,
          ':now': now,
          ':never': 0,
          ':before': now - HOUR_MS,
          ':ttl': Math.ceil((now + HOUR_MS) / 1000),
        },
      })
    },
  }
}
