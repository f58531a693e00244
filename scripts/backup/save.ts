import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { type Counts, count } from './counts.ts'

/** JSON has no bytes: DynamoDB's own exports write them in base64. */
const asText = (_: string, value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value

/**
 * Writes all records of a table to a file, a line each, as DynamoDB's own export to S3 does; packed when the name ends
 * with `.gz`. The file is there once it is whole, and not before. Only its owner can read it.
 *
 * It is no picture of one moment: what changes meanwhile may be in it by half.
 *
 * @throws Error in a line, when there is such a file already
 */
export async function saveTable(
  client: DynamoDBClient,
  TableName: string,
  file: string,
): Promise<Counts> {
  if (existsSync(file)) {
    throw new Error(`${file} is there already: move it away, or name another one`)
  }
  const unfinished = `${file}.part`
  await rm(unfinished, { force: true })
  const counts: Counts = new Map()
  async function* lines() {
    const pages = paginateScan({ client }, { TableName, ConsistentRead: true })
    for await (const { Items = [] } of pages) {
      for (const item of Items) count(counts, item)
      yield Items.map((Item) => `${JSON.stringify({ Item }, asText)}\n`).join('')
    }
  }
  const target = createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true })
  try {
    if (file.endsWith('.gz')) await pipeline(lines, createGzip(), target)
    else await pipeline(lines, target)
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  return counts
}
