import { randomBytes } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import { type CountedLicense, toCountedLicense } from '../../lib/license/summary.ts'
import { fromLicenseItem, type Item, LICENSE } from '../../lib/store/item.ts'
import { createTable } from '../../lib/store/sdkTable.ts'
import { createSummaryStore, isOfSeries } from '../../lib/store/summary.ts'

const CONCURRENCY = 25

interface Recounted {
  readonly licenses: number
  /** The ids of licenses whose record is invalid. */
  readonly unreadable: readonly string[]
}

/**
 * Counts all licenses of a table again, while the table is in use. The stream function counts changes into the old and
 * the new series; the strongly consistent scan sees all earlier writes. Each version of a license counts once, by the
 * first of both. Readers see the old series until the new one is complete.
 *
 * @throws Error if another recount started meanwhile
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
    const readable = Items.flatMap((item) => {
      const counted = toCounted(item)
      if (!counted) unreadable.push(`${item['id']}`)
      return counted ?? []
    })
    await summary.count(readable)
    licenses += readable.length
  }
  if (!(await summary.finish(series))) {
    throw new Error('Another recount started meanwhile; its result will be shown')
  }
  await deleteItems(client, TableName, (item) => isOfSeries(item, old))
  return { licenses, unreadable }
}

export const formatResult = ({ licenses, unreadable }: Recounted) =>
  [
    `${licenses} licenses were counted.`,
    ...(unreadable.length > 0
      ? [`${unreadable.length} have an invalid record and were not counted:`, ...unreadable]
      : []),
  ].join('\n')

function toCounted(item: Item): CountedLicense | undefined {
  try {
    return toCountedLicense(fromLicenseItem(item))
  } catch {
    return
  }
}

async function deleteItems(
  client: DynamoDBDocumentClient,
  TableName: string,
  isOld: (item: Item) => boolean,
): Promise<void> {
  const keys = { TableName, ProjectionExpression: 'pk, sk' }
  for await (const { Items = [] } of paginateScan({ client }, keys)) {
    const old = Items.filter(isOld)
    for (let start = 0; start < old.length; start += CONCURRENCY) {
      const batch = old.slice(start, start + CONCURRENCY)
      await Promise.all(
        batch.map(({ pk, sk }) => client.send(new DeleteCommand({ TableName, Key: { pk, sk } }))),
      )
    }
  }
}
