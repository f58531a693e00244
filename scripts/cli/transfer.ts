/** Import and export of many licenses, as lines of JSON. Both read and write in pieces and continue after an interruption. */

import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { appendFile, open } from 'node:fs/promises'
import { stringify } from 'safe-stable-stringify'
import { readLines } from '../lines.ts'
import { CliError, type Client, formatFields, type Json } from './client.ts'

const BATCH = 100
/** A little less than the limit of a request. */
const BATCH_BYTES = 48 * 1024
const PAGE = 100

/** The files contain personal data. */
const OWNER_ONLY = { mode: 0o600 }

/** Keeps the progress of a transfer in a file beside the transferred one. */
function createProgress(file: string) {
  const path = `${file}.progress`
  return {
    read: (): Json => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}),
    write(state: Json) {
      // A rename is atomic: an interruption never leaves half a file.
      writeFileSync(`${path}.new`, JSON.stringify(state), OWNER_ONLY)
      renameSync(`${path}.new`, path)
    },
    remove: () => rmSync(path, { force: true }),
  }
}

/** Replaces the status line of a terminal. Prints nothing to a file or pipe. */
function showStatus(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u{1b}[K${text}`)
}

function log(text: string): void {
  showStatus('')
  console.error(text)
}

interface Result extends Json {
  readonly ok: boolean
  readonly repeated?: boolean
  readonly license?: string
  readonly code?: string
  readonly error?: string
  readonly fields?: readonly { readonly path: string; readonly message: string }[]
}

interface Line {
  readonly number: number
  readonly row: Json
  /** Identifies the row. The service imports a row once per reference. */
  readonly ref: string
}

/**
 * Imports the licenses in a file, and issues those without a key. Prints each rejected line with its number.
 *
 * @param reissue issues and prints a new key where the old one cannot be imported
 * @returns the number of rejected lines
 */
export async function importFile(
  client: Client,
  file: string,
  { reissue }: { readonly reissue: boolean },
): Promise<number> {
  const progress = createProgress(file)
  const { size } = statSync(file)
  const name = await fingerprint(file, size)
  const counts = { imported: 0, repeated: 0, reissued: 0, refused: 0 }
  const previous = progress.read()
  let skip = 0
  if (previous['name'] === name) {
    skip = Number(previous['lines'])
    Object.assign(counts, previous['counts'])
    log(`Continues after line ${skip}.`)
  }

  function reject(number: number, reason: string) {
    counts.refused++
    log(`line ${number}: ${reason}`)
  }

  async function importLines(lines: readonly Line[]): Promise<readonly Result[]> {
    const rows = lines.map(({ row, ref }) => ({ ...row, ref }))
    const body = { rows, reason: 'import' }
    const path = '/api/admin/licenses/bulk'
    return (await client.post(path, body, { isIdempotent: true }))['results'] as readonly Result[]
  }

  async function send(lines: readonly Line[]) {
    const results = await importLines(lines)
    const withoutKey: Line[] = []
    for (const [index, line] of lines.entries()) {
      const result = results[index]
      if (result?.ok) counts[result.repeated ? 'repeated' : 'imported']++
      else if (reissue && result?.fields?.some(({ path }) => path === 'license')) {
        const { license: _, ...row } = line.row
        withoutKey.push({ ...line, row })
      } else reject(line.number, formatReason(result))
    }
    if (withoutKey.length === 0) return
    const reissued = await importLines(withoutKey)
    for (const [index, { number, row }] of withoutKey.entries()) {
      const result = reissued[index]
      if (!result?.ok) {
        reject(number, formatReason(result))
        continue
      }
      counts.reissued++
      showStatus('')
      console.log(JSON.stringify({ line: number, userId: row['userId'], license: result.license }))
    }
  }

  let batch: Line[] = []
  let batchBytes = 0
  /** Sends the batch, and then records how many lines were processed. */
  async function flush(lines: number) {
    if (batch.length === 0) return
    await send(batch)
    batch = []
    batchBytes = 0
    progress.write({ name, lines, counts })
  }

  const toRef = createReferences()
  let number = 0
  let bytes = 0
  for await (const text of readLines(createReadStream(file))) {
    number++
    const length = Buffer.byteLength(text) + 1
    bytes += length
    if (text.trim() === '') continue
    const row = parseRow(text)
    // Skipped lines count: the reference of a repeated row depends on the rows before it.
    const ref = row && toRef(row)
    if (number <= skip) continue
    if (batch.length === BATCH || batchBytes + length > BATCH_BYTES) await flush(number - 1)
    if (row && ref) {
      batch.push({ number, row, ref })
      batchBytes += length
    } else reject(number, 'INVALID_REQUEST the line is not a JSON object')
    showStatus(`${Math.round((100 * bytes) / size)} % of the file, ${number} lines`)
  }
  await flush(number)
  progress.remove()
  const { imported, repeated, reissued, refused } = counts
  log(
    `${imported} imported, ${repeated} existed already, ${reissued} got a new key, ${refused} rejected.`,
  )
  return refused
}

/** Identifies a file by its size and its first 64 KB. */
async function fingerprint(file: string, size: number): Promise<string> {
  const handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0)
  await handle.close()
  return createHash('sha256').update(`${size}`).update(buffer.subarray(0, bytesRead)).digest('hex')
}

function parseRow(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
    return isObject ? (value as Json) : undefined
  } catch {
    return
  }
}

/**
 * Creates references from the content of rows, so that a row keeps its reference when other lines of the file are
 * corrected. The second of two equal rows is another license and gets another reference.
 */
function createReferences() {
  const counts = new Map<string, number>()
  return (row: Json): string => {
    const hash = createHash('sha256')
      .update(stringify(row) ?? '')
      .digest('base64url')
    const count = (counts.get(hash) ?? 0) + 1
    counts.set(hash, count)
    return `import-${hash}-${count}`
  }
}

const formatReason = (result: Result | undefined) =>
  [result?.code, formatFields(result?.fields) || result?.error].filter(Boolean).join(' ')

/**
 * Writes all licenses to a file or to stdout. Continues an interrupted export to the same file.
 *
 * @param keys the reason for which the keys are included
 * @throws CliError if the file exists and no export was interrupted
 */
export async function exportLicenses(
  client: Client,
  file: string | undefined,
  keys: string | undefined,
): Promise<void> {
  const progress = file === undefined ? undefined : createProgress(file)
  const previous = progress?.read() ?? {}
  let cursor = previous['cursor'] as string | undefined
  let count = Number(previous['count'] ?? 0)
  if (file !== undefined && previous['bytes'] === undefined) {
    if (existsSync(file)) {
      const message = `${file} exists already: move it or name another file`
      throw new CliError(message, { code: 'EXISTS', exitCode: 1 })
    }
    writeFileSync(file, '', OWNER_ONLY)
    progress?.write({ count: 0, bytes: 0 })
  } else if (file !== undefined) {
    // Discards what was written after the progress was last recorded.
    truncateSync(file, Number(previous['bytes']))
    log(`Continues after ${count} licenses.`)
  }

  /** Reveals the key of a license. A repeated request records the reason once more, which is harmless. */
  const reveal = (id: unknown) =>
    client.post(`/api/admin/licenses/${id}/reveal`, { reason: keys }, { isIdempotent: true })

  do {
    const page = await client.get('/api/admin/licenses', { limit: `${PAGE}`, cursor })
    const items = page['items'] as readonly Json[]
    let lines = ''
    for (const item of items) {
      lines += `${JSON.stringify(keys === undefined ? item : await reveal(item['id']))}\n`
    }
    if (file === undefined) process.stdout.write(lines)
    else await appendFile(file, lines)
    count += items.length
    cursor = page['cursor'] as string | undefined
    if (file !== undefined) progress?.write({ cursor, count, bytes: statSync(file).size })
    showStatus(`${count} licenses`)
  } while (cursor !== undefined)
  progress?.remove()
  log(`${count} licenses.`)
}
