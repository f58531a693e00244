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
  toNoticeUpdate,
} from './item.ts'
import { ConditionFailed, type Key, type Table, type Update } from './table.ts'

/** Longer than the timeout of the function that sends. */
const TAKEN_MS = 60_000
/** Attempts to send. Only a function that ends between sending and reporting it leaves an attempt behind. */
const MAX_TAKEN = 2
const HOUR_MS = 60 * 60 * 1000

/** The outbox in the table of the licenses. */
export function createOutbox(table: Table): Outbox {
  /** Returns undefined once written, or the existing item if the condition failed, empty if there is none. */
  async function update(Key: Key, input: Omit<Update, 'Key'>): Promise<Item | undefined> {
    try {
      await table.update({ Key, ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...input })
      return
    } catch (error) {
      if (error instanceof ConditionFailed) return error.item ?? {}
      throw error
    }
  }

  const toKey = ({ licenseId, ...notice }: NoticeRef) => noticeKey(licenseId, notice)

  const close: Outbox['close'] = async (notice, { state, detail, messageId }, now) => {
    await update(toKey(notice), {
      // A state reported by SES in the meantime is newer.
      UpdateExpression: `SET #state = if_not_exists(#state, :state), #changedAt = if_not_exists(#changedAt, :now)${
        detail === undefined ? '' : ', #detail = :detail'
      }${messageId === undefined ? '' : ', #messageId = :messageId'} REMOVE #takenAt`,
      ConditionExpression: 'attribute_exists(pk)',
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

    async claim(notice, now) {
      const existing = await update(toKey(notice), {
        UpdateExpression: 'SET #takenAt = :now ADD #taken :one',
        ConditionExpression:
          'attribute_exists(pk) AND attribute_not_exists(#state) AND (attribute_not_exists(#takenAt) OR #takenAt < :before) AND (attribute_not_exists(#taken) OR #taken < :max)',
        ExpressionAttributeValues: {
          ':now': now,
          ':before': now - TAKEN_MS,
          ':one': 1,
          ':max': MAX_TAKEN,
        },
      })
      if (!existing) return 'claimed'
      if (existing['pk'] === undefined || existing['state'] !== undefined) return 'over'
      if (Number(existing['takenAt']) >= now - TAKEN_MS) return 'busy'
      await close(notice, { state: 'uncertain' }, now)
      return 'uncertain'
    },

    async release(notice) {
      await update(toKey(notice), {
        UpdateExpression: 'REMOVE #takenAt ADD #taken :less',
        ConditionExpression: 'attribute_exists(#takenAt)',
        ExpressionAttributeValues: { ':less': -1 },
      })
    },

    close,

    async report(notice, state, at) {
      await update(toKey(notice), {
        UpdateExpression: 'SET #state = :state, #changedAt = :at',
        ConditionExpression:
          'attribute_exists(pk) AND (attribute_not_exists(#state) OR NOT #state IN (:bounced, :complained))',
        ExpressionAttributeValues: {
          ':state': state,
          ':at': at,
          ':bounced': 'bounced',
          ':complained': 'complained',
        },
      })
    },

    async list(licenseId) {
      const items = await table.queryAll({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :outbox)',
        ExpressionAttributeValues: { ':pk': licenseKey(licenseId).pk, ':outbox': OUTBOX },
      })
      return items.map(fromNoticeItem).toSorted((a: Delivery, b: Delivery) => b.at - a.at)
    },

    async suppress(address, why, at) {
      await update(addressKey(address), {
        UpdateExpression: 'SET #address = :address, #why = :why, #at = :at REMOVE #allowed',
        ExpressionAttributeValues: { ':address': emailKey(address), ':why': why, ':at': at },
      })
    },

    async allow(address) {
      await update(addressKey(address), {
        UpdateExpression: 'SET #allowed = :true',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':true': true },
      })
    },

    async isSuppressed(address) {
      const [item] = await table.read([addressKey(address)])
      return item !== undefined && item['allowed'] !== true
    },

    async recover(address, now) {
      // The times of the last three requests, newest first. An update evaluates all values before it sets any.
      await update(recoveryKey(address), {
        UpdateExpression:
          'SET #address = :address, #third = if_not_exists(#second, :never), #second = if_not_exists(#first, :never), #first = :now, #ttl = :ttl',
        ConditionExpression: 'attribute_not_exists(#third) OR #third <= :before',
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
