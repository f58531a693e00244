import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { LicenseId, Revocation, RevocationStore } from '../license/index.ts'
import { TTL_ATTRIBUTE } from './item.ts'
import { createRequests } from './requests.ts'
import { createSdkTable } from './sdkTable.ts'
import type { Write } from './table.ts'

type Update = NonNullable<Write['Update']>

const PARTITION = 'REVOCATIONS'

/** Is read before the entries that it counts, so that a list never lacks what its number says. */
export const COUNT_KEY = { pk: PARTITION, sk: 'COUNT' }

const entryKey = (id: LicenseId) => ({ pk: PARTITION, sk: `LICENSE#${id}` })

/** Revocations in the table of the licenses. Every method throws `StoreUnavailable` when DynamoDB cannot answer. */
export function createRevocationStore({
  client,
  table,
}: {
  client: DynamoDBDocumentClient
  table: string
}): RevocationStore {
  const { transact, queryAll } = createRequests(createSdkTable(client, table))

  /** Changes an entry, and with it the number of the list, if it is as it is wanted. */
  const change = (entry: Omit<Update, 'TableName'>) =>
    transact([
      { Update: { TableName: table, ...entry } },
      {
        Update: {
          TableName: table,
          Key: COUNT_KEY,
          UpdateExpression: 'ADD #number :one',
          ExpressionAttributeNames: { '#number': 'number' },
          ExpressionAttributeValues: { ':one': 1 },
        },
      },
    ])

  return {
    async add({ licenseId, at, until, isForGood }) {
      await change({
        Key: entryKey(licenseId),
        UpdateExpression: `SET licenseId = :id, #at = :at, #until = :until, #ttl = :ttl${
          isForGood ? ', #forGood = :true' : ''
        }`,
        ConditionExpression: 'attribute_not_exists(#at) OR #at < :at',
        ExpressionAttributeNames: {
          '#at': 'at',
          '#until': 'until',
          '#ttl': TTL_ATTRIBUTE,
          ...(isForGood && { '#forGood': 'isForGood' }),
        },
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
        ConditionExpression: '#at < :at AND #until > :at AND attribute_not_exists(#forGood)',
        ExpressionAttributeNames: { '#at': 'at', '#until': 'until', '#forGood': 'isForGood' },
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
      const isCounted = first?.['sk'] === COUNT_KEY.sk
      return {
        number: isCounted ? Number(first['number']) : 0,
        revocations: items
          .slice(isCounted ? 1 : 0)
          .map(({ licenseId, at, until, isForGood = false }) => {
            return { licenseId, at, until, isForGood } as Revocation
          }),
      }
    },
  }
}
