import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { type Counts, count } from './counts.ts'

/** Encodes bytes in base64, as DynamoDB exports do. */
const replaceBytes = (_: string, value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value

/**
 * Writes all records of a table to a file, one per line, in the format of a DynamoDB export to S3. Compresses it if the
 * name ends with `.gz`. The file appears when it is complete, and only its owner can read it.
 *
 * The file is no snapshot: it may contain a part of a transaction that is committed meanwhile.
 *
 * @throws Error if the file exists
 */
export async function saveTable(
  client: DynamoDBClient,
  TableName: string,
  file: string,
): Promise<Counts> {
  if (existsSync(file)) throw new Error(`${file} exists already: move it or name another file`)
  const unfinished = `${file}.part`
  await rm(unfinished, { force: true })
  const counts: Counts = new Map()
  async function* lines() {
    const pages = paginateScan({ client }, { TableName, ConsistentRead: true })
    for await (const { Items = [] } of pages) {
      for (const item of Items) count(counts, item)
      yield Items.map((Item) => `${JSON.stringify({ Item }, replaceBytes)}\n`).join('')
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
