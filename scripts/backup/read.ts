/** Reads backups: a file of `license-authority backup`, or a folder that DynamoDB exported to S3. */

import { createReadStream, existsSync, globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import * as z from 'zod'
import { readLines } from '../lines.ts'
import type { RawItem } from './counts.ts'

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
 * Lists the files of a backup: the file itself, or the data files in the folder of an export.
 *
 * @throws Error if there is no backup or more than one
 */
export function listFiles(from: string): readonly string[] {
  if (!existsSync(from)) throw new Error(`${from} does not exist`)
  if (!statSync(from).isDirectory()) return [from]
  const files = globSync('**/*.json.gz', { cwd: from }).map((file) => path.join(from, file))
  const folders = new Set(files.map((file) => path.dirname(file)))
  if (folders.size === 0) throw new Error(`${from} contains no *.json.gz`)
  if (folders.size > 1) {
    throw new Error(`${from} contains more than one export: name the folder of one`)
  }
  return files.toSorted()
}

/**
 * Reads a whole backup, so that nothing is written from one that is damaged.
 *
 * @throws Error with file and line number if a line is not a record or a file of the export is missing or incomplete
 */
export async function checkBackup(files: readonly string[]): Promise<void> {
  const manifest = readManifest(files)
  let total = 0
  for (const file of files) {
    let records = 0
    for await (const _ of readRecords(file)) records++
    total += records
    const expected = manifest?.get(path.basename(file))
    if (expected !== undefined && expected !== records) {
      throw new Error(`${file} contains ${records} records, but ${expected} were exported`)
    }
    manifest?.delete(path.basename(file))
  }
  const [missing] = manifest?.keys() ?? []
  if (missing !== undefined) throw new Error(`${missing} is missing: download the export again`)
  if (total === 0) throw new Error('The backup contains no records')
}

/**
 * Returns the number of records in each file of an export, by its name, or undefined without a manifest.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 */
function readManifest([file = '']: readonly string[]): Map<string, number> | undefined {
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

/** @throws Error with file and line number at the first line that is not a record */
export async function* readRecords(file: string): AsyncGenerator<RawItem> {
  // Exports contain empty files, which are not valid gzip files, for partitions without records.
  if (statSync(file).size === 0) return
  let number = 0
  try {
    const raw = createReadStream(file)
    // The loop receives errors of both streams.
    const chunks = file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => {}) : raw
    for await (const line of readLines(chunks, new TextDecoder('utf-8', { fatal: true }))) {
      number++
      if (line !== '') yield lineSchema.parse(JSON.parse(line)).Item
    }
  } catch (cause) {
    const isReadable = cause instanceof SyntaxError || cause instanceof z.ZodError
    throw new Error(
      isReadable
        ? `${file}, line ${number}: not a record of a backup`
        : `${file} cannot be read after line ${number}: ${(cause as Error).message}`,
      { cause },
    )
  }
}
