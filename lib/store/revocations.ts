import type { LicenseId } from '../license/index.ts'
import type { RevocationStore, Revocations } from '../license/store.ts'
import type { Table, Write } from './table.ts'

const PARTITION = 'REVOCATIONS'

/** Sorts before the entries, so that a list is never older than its number. */
export const COUNT_KEY = { pk: PARTITION, sk: 'COUNT' }

const entryKey = (id: LicenseId) => ({ pk: PARTITION, sk: `LICENSE#${id}` })

/** Revocations in the table of the licenses. */
export function createRevocationStore({ transact, queryAll }: Table): RevocationStore {
  /** Changes an entry and increments the number of the list, unless the condition of the entry fails. */
  const change = (entry: NonNullable<Write['Update']>) =>
    transact([
      { Update: entry },
      {
        Update: {
          Key: COUNT_KEY,
          UpdateExpression: 'ADD #number :one',
          ExpressionAttributeValues: { ':one': 1 },
        },
      },
    ])

  return {
    async add({ licenseId, at, until, isForGood }) {
      await change({
        Key: entryKey(licenseId),
        UpdateExpression: `SET #licenseId = :id, #at = :at, #until = :until, #ttl = :ttl${
          isForGood ? ', #isForGood = :true' : ''
        }`,
        ConditionExpression: 'attribute_not_exists(#at) OR #at < :at',
        ExpressionAttributeValues: {
          ':id': licenseId,
          ':at': at,
          ':until': until,
          ':ttl': Math.ceil(until / 1000),
          ...(isForGood && { ':true': true }),
        },
      })
    },

    async lift({ licenseId, at }) {
      await change({
        Key: entryKey(licenseId),
        UpdateExpression: 'SET #until = :at',
        ConditionExpression: '#at < :at AND #until > :at AND attribute_not_exists(#isForGood)',
        ExpressionAttributeValues: { ':at': at },
      })
    },

    async list() {
      const items = await queryAll({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': PARTITION },
        ConsistentRead: true,
      })
      const [first] = items
      const hasCount = first?.['sk'] === COUNT_KEY.sk
      return {
        number: hasCount ? Number(first['number']) : 0,
        revocations: items
          .slice(hasCount ? 1 : 0)
          .map(({ licenseId, at, until, isForGood = false }) => {
            return { licenseId, at, until, isForGood } as Revocations['revocations'][number]
          }),
      }
    },
  }
}
