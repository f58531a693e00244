/** Backups: a file of `backup`, or what DynamoDB exported to S3. */

import { createReadStream, existsSync, globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import * as z from 'zod'
import { type Counts, count, type RawItem } from './counts.ts'

/** In JSON, as in DynamoDB's own exports. */
const bytes = z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64'))
const value: z.ZodType<AttributeValue> = z.lazy(() =>
  z.union([
    z.strictObject({ S: z.string() }),
    z.strictObject({ N: z.string() }),
    z.strictObject({ BOOL: z.boolean() }),
    z.strictObject({ NULL: z.literal(true) }),
    z.strictObject({ M: z.record(z.string(), value) }),
    z.strictObject({ L: z.array(value) }),
    z.strictObject({ SS: z.array(z.string()) }),
    z.strictObject({ NS: z.array(z.string()) }),
    z.strictObject({ B: bytes }),
    z.strictObject({ BS: z.array(bytes) }),
  ]),
)
const keyPart = z.strictObject({ S: z.string().min(1) })
const lineSchema = z.strictObject({
  Item: z.object({ pk: keyPart, sk: keyPart }).catchall(value),
})

/**
 * The files that hold the records of a backup: the file itself, or all of a folder that was downloaded from S3.
 *
 * @throws Error in a line, when it is no backup or more than one
 */
export function filesOf(from: string): readonly string[] {
  if (!existsSync(from)) throw new Error(`${from} is not there`)
  if (!statSync(from).isDirectory()) return [from]
  const files = globSync('**/*.json.gz', { cwd: from }).map((file) => path.join(from, file))
  const folders = new Set(files.map((file) => path.dirname(file)))
  if (folders.size === 0) throw new Error(`${from} holds no *.json.gz`)
  if (folders.size > 1)
    throw new Error(`${from} holds more than one export: name the folder of one`)
  return files.toSorted()
}

/**
 * Reads all of a backup, so that nothing is written of one that is spoilt.
 *
 * @throws Error in a line, with file and line number, when something is no record, or when a file is missing that the
 * export speaks of
 */
export async function checkBackup(files: readonly string[]): Promise<Counts> {
  const counts: Counts = new Map()
  const expected = manifestOf(files)
  for (const file of files) {
    let records = 0
    for await (const item of recordsIn(file)) {
      count(counts, item)
      records++
    }
    const wanted = expected?.get(path.basename(file))
    if (wanted !== undefined && wanted !== records) {
      throw new Error(`${file} holds ${records} records, and ${wanted} were exported`)
    }
    expected?.delete(path.basename(file))
  }
  const [missing] = expected?.keys() ?? []
  if (missing !== undefined) throw new Error(`${missing} is missing: download the export again`)
  if (counts.size === 0) throw new Error('The backup holds no records')
  return counts
}

/**
 * How many records each file of an export has, by its name; undefined where nothing says so.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 */
function manifestOf([file = '']: readonly string[]): Map<string, number> | undefined {
  const manifest = path.join(path.dirname(file), '..', 'manifest-files.json')
  if (!file.endsWith('.json.gz') || !existsSync(manifest)) return
  const lines = readFileSync(manifest, 'utf8').split('\n').filter(Boolean)
  return new Map(
    lines.map((line) => {
      const { dataFileS3Key, itemCount } = JSON.parse(line)
      return [path.posix.basename(dataFileS3Key), itemCount]
    }),
  )
}

/** @throws Error in a line, with file and line number, at the first line that is no record */
export async function* recordsIn(file: string): AsyncGenerator<RawItem> {
  let number = 0
  try {
    for await (const line of linesIn(file)) {
      number++
      if (line !== '') yield lineSchema.parse(JSON.parse(line)).Item
    }
  } catch (cause) {
    const isReadable = cause instanceof SyntaxError || cause instanceof z.ZodError
    throw new Error(
      isReadable
        ? `${file}, line ${number}: this is no record of a backup`
        : `${file} cannot be read after line ${number}: ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** Only what ends a line of JSON does: a text may hold what other readers take for an end. */
async function* linesIn(file: string): AsyncGenerator<string> {
  // Of a part of a table that holds nothing: no gzip file, but no fault.
  if (statSync(file).size === 0) return
  const raw = createReadStream(file)
  // What goes wrong with either is thrown by the loop.
  const chunks = file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => {}) : raw
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const chunk of chunks) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
