import { randomBytes } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import { type CountedLicense, toCountedLicense } from '../../lib/license/index.ts'
import { fromLicenseItem, type Item, LICENSE } from '../../lib/store/item.ts'
import { createTable } from '../../lib/store/sdkTable.ts'
import { createSummaryStore, isOfSeries } from '../../lib/store/summary.ts'

const AT_ONCE = 25

interface Recounted {
  readonly licenses: number
  /** The ids of those whose record nobody can read. */
  readonly unreadable: readonly string[]
}

/**
 * Counts all licenses of a table anew, while it is in use. What changes from the beginning on is counted by the function that
 * follows the table too, into the old numbers and the new ones; what was written before, the strongly consistent scan sees.
 * Each version of a license counts once, whoever comes first. The old numbers are shown until the new ones are whole.
 *
 * @throws Error in a line, when somebody else began to count anew meanwhile
 */
export async function recount(plain: DynamoDBClient, TableName: string): Promise<Recounted> {
  const client = DynamoDBDocumentClient.from(plain)
  const summary = createSummaryStore(createTable(client, TableName))
  const series = randomBytes(6).toString('base64url')
  const old = await summary.begin(series)
  let licenses = 0
  const unreadable: string[] = []

  for await (const { Items = [] } of paginateScan(
    { client },
    {
      TableName,
      ConsistentRead: true,
      FilterExpression: 'sk = :license AND attribute_exists(facts)',
      ExpressionAttributeValues: { ':license': LICENSE },
    },
  )) {
    const found = Items.map(counted)
    unreadable.push(...found.filter((one) => typeof one === 'string'))
    const readable = found.filter((one) => typeof one !== 'string')
    await summary.count(readable)
    licenses += readable.length
  }
  if (!(await summary.finish(series))) {
    throw new Error('Somebody else began to count anew meanwhile; what they count will be shown')
  }
  await remove(client, TableName, (item) => isOfSeries(item, old))
  return { licenses, unreadable }
}

/** For a person to read. */
export const resultOf = ({ licenses, unreadable }: Recounted) =>
  [
    `${licenses} licenses were counted.`,
    ...(unreadable.length > 0
      ? [`${unreadable.length} cannot be read and were not counted:`, ...unreadable]
      : []),
  ].join('\n')

/** The id of a license that cannot be read. */
function counted(item: Item): CountedLicense | string {
  try {
    return toCountedLicense(fromLicenseItem(item))
  } catch {
    return `${item['id']}`
  }
}

async function remove(
  client: DynamoDBDocumentClient,
  TableName: string,
  isOld: (item: Item) => boolean,
): Promise<void> {
  const keys = { TableName, ProjectionExpression: 'pk, sk' }
  for await (const { Items = [] } of paginateScan({ client }, keys)) {
    const old = Items.filter(isOld)
    for (let start = 0; start < old.length; start += AT_ONCE) {
      await Promise.all(
        old
          .slice(start, start + AT_ONCE)
          .map(({ pk, sk }) => client.send(new DeleteCommand({ TableName, Key: { pk, sk } }))),
      )
    }
  }
}
