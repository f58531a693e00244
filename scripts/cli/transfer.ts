/** Many licenses, from a file or to one: a line of JSON each, read and written as it goes. */

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
import { SingleBar } from 'cli-progress'
import { stringify } from 'safe-stable-stringify'
import { type Client, Failure, type Json } from './client.ts'

const BATCH = 100
/** Somewhat less than a request may hold. */
const BATCH_BYTES = 48 * 1024
const PAGE = 100

/** Whom licenses belong to is nobody else's business on this machine. */
const PRIVATE = { mode: 0o600 }

/** How far it got, so that it goes on there when it was stopped. */
function progressOf(file: string) {
  const path = `${file}.progress`
  return {
    read: (): Json => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}),
    write(state: Json) {
      // Whole or not at all, wherever it is stopped.
      writeFileSync(`${path}.new`, JSON.stringify(state), PRIVATE)
      renameSync(`${path}.new`, path)
    },
    done: () => rmSync(path, { force: true }),
  }
}

/** On the terminal of a person only; it says nothing to a script. */
const aBar = (format: string) =>
  new SingleBar({
    format,
    stream: process.stderr,
    noTTYOutput: false,
    hideCursor: true,
    clearOnComplete: true,
  })

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
  /** What tells it from every other line, and from none that says the same. */
  readonly ref: string
}

/**
 * Puts licenses on record, and issues those without a key. Answers how many were refused; each is told with its line.
 *
 * @param reissue gives a new key to whom the old one cannot be taken over, and prints it
 */
export async function importFile(
  client: Client,
  file: string,
  { reissue }: { readonly reissue: boolean },
): Promise<number> {
  const progress = progressOf(file)
  const { size } = statSync(file)
  const name = createHash('sha256')
    .update(`${size}`)
    .update(await beginningOf(file))
    .digest('hex')
  const before = progress.read()
  const counts = { imported: 0, repeated: 0, reissued: 0, refused: 0 }
  let skip = 0
  if (before['name'] === name) {
    skip = Number(before['lines'])
    Object.assign(counts, before['counts'])
    console.error(`Goes on after line ${skip}.`)
  }
  const bar = aBar('{bar} {percentage}% of the file, {lines} lines')
  bar.start(size, 0, { lines: 0 })
  let number = 0
  let bytes = 0
  let batch: Line[] = []
  let batchBytes = 0
  const names = naming()

  /** @param lines how many lines are dealt with once it is done */
  async function flush(lines: number) {
    if (batch.length === 0) return
    await send(client, batch, reissue, counts)
    batch = []
    batchBytes = 0
    progress.write({ name, lines, counts })
  }

  try {
    for await (const text of linesOf(file)) {
      number++
      const length = Buffer.byteLength(text) + 1
      bytes += length
      const row = text.trim() === '' ? undefined : parsed(text)
      const ref = row && names(row)
      if (number <= skip || text.trim() === '') continue
      if (batch.length === BATCH || batchBytes + length > BATCH_BYTES) await flush(number - 1)
      if (row && ref) {
        batch.push({ number, row, ref })
        batchBytes += length
      } else refuse(number, 'INVALID_REQUEST the line is no JSON object', counts)
      bar.update(Math.min(bytes, size), { lines: number })
    }
    await flush(number)
  } finally {
    bar.stop()
  }
  progress.done()
  console.error(
    `${counts.imported} imported, ${counts.repeated} were there already, ${counts.reissued} got a new key, ${counts.refused} refused.`,
  )
  return counts.refused
}

type Counts = { imported: number; repeated: number; reissued: number; refused: number }

function refuse(number: number, why: string, counts: Counts) {
  counts.refused++
  console.error(`line ${number}: ${why}`)
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Json)
      : undefined
  } catch {
    return
  }
}

/**
 * Names rows by what they say, so that a row is the same one in a file that was mended, and the same row twice is two.
 */
function naming() {
  const seen = new Map<string, number>()
  return (row: Json): string => {
    const name = createHash('sha256')
      .update(stringify(row) ?? '')
      .digest('base64url')
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return `import-${name}-${count}`
  }
}

/** Only what ends a line of JSON does: a text may hold what other readers take for an end. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(file, 'utf8')) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

async function beginningOf(file: string): Promise<Buffer> {
  const handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0)
  await handle.close()
  return buffer.subarray(0, bytesRead)
}

async function ask(client: Client, lines: readonly Line[]): Promise<readonly Result[]> {
  const rows = lines.map(({ row, ref }) => ({ ...row, ref }))
  const body = { rows, reason: 'import' }
  const { results } = await client.post('/api/admin/licenses/bulk', body, { repeatable: true })
  return results as readonly Result[]
}

async function send(
  client: Client,
  lines: readonly Line[],
  reissue: boolean,
  counts: Counts,
): Promise<void> {
  const results = await ask(client, lines)
  const again: Line[] = []
  for (const [index, line] of lines.entries()) {
    const result = results[index]
    if (result?.ok) {
      if (result.repeated) counts.repeated++
      else counts.imported++
    } else if (reissue && result?.fields?.some(({ path }) => path === 'license')) {
      again.push(line)
    } else {
      refuse(line.number, whyOf(result), counts)
    }
  }
  if (again.length === 0) return
  const without = again.map(({ row: { license: _, ...row }, ...line }) => ({ ...line, row }))
  const reissued = await ask(client, without)
  for (const [index, { number, row }] of again.entries()) {
    const result = reissued[index]
    if (!result?.ok) {
      refuse(number, whyOf(result), counts)
      continue
    }
    counts.reissued++
    console.log(JSON.stringify({ line: number, userId: row['userId'], license: result.license }))
  }
}

function whyOf(result: Result | undefined): string {
  const fields = (result?.fields ?? []).map(({ path, message }) => `${path} ${message}`)
  return [result?.code, fields.join('; ') || result?.error].filter(Boolean).join(' ')
}

/**
 * Writes every license to a file, or to the standard output. A file that was begun is gone on with.
 *
 * @param keys also shows each key, which is written into the history of each license with this reason
 */
export async function exportLicenses(
  client: Client,
  file: string | undefined,
  keys: string | undefined,
): Promise<void> {
  const progress = file === undefined ? undefined : progressOf(file)
  const before = progress?.read() ?? {}
  let cursor = before['cursor'] as string | undefined
  let count = Number(before['count'] ?? 0)
  if (file !== undefined && before['bytes'] === undefined) {
    if (existsSync(file)) {
      throw new Failure(`${file} is there already: move it away, or name another one`, {
        code: 'EXISTS',
        exitCode: 1,
      })
    }
    writeFileSync(file, '', PRIVATE)
    progress?.write({ count: 0, bytes: 0 })
  }
  if (file !== undefined && before['bytes'] !== undefined) {
    // What was written after it was last noted how far it got is written again.
    truncateSync(file, Number(before['bytes']))
    console.error(`Goes on after ${count} licenses.`)
  }
  const bar = aBar('{value} licenses')
  bar.start(0, count)
  try {
    do {
      const page = await client.get('/api/admin/licenses', { limit: `${PAGE}`, cursor })
      const items = page['items'] as readonly Json[]
      const lines: string[] = []
      for (const item of items) {
        const shown =
          keys === undefined
            ? item
            : await client.post(
                `/api/admin/licenses/${item['id']}/reveal`,
                { reason: keys },
                { repeatable: true },
              )
        lines.push(`${JSON.stringify(shown)}\n`)
      }
      if (file === undefined) process.stdout.write(lines.join(''))
      else await appendFile(file, lines.join(''))
      count += items.length
      cursor = page['cursor'] as string | undefined
      if (file !== undefined) progress?.write({ cursor, count, bytes: statSync(file).size })
      bar.update(count)
    } while (cursor !== undefined)
  } finally {
    bar.stop()
  }
  progress?.done()
  console.error(`${count} licenses.`)
}
