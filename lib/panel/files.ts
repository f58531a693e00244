import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Encodings of a file with the extensions of their precompressed files, smallest first. */
export const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
  ['identity', ''],
] as const
type Encoding = (typeof ENCODINGS)[number][0]

export interface PanelFile {
  readonly type: string
  /** True if the name changes with the content. */
  readonly hashed: boolean
  /** Changes with the content. */
  readonly tag: string
  /** Encoded as base64. */
  readonly bodies: ReadonlyMap<Encoding, string>
}

/** The files of the panel by their paths below `/admin/`. */
export type Panel = ReadonlyMap<string, PanelFile>

export const INDEX = 'index.html'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/**
 * Reads all files of the panel; returns an empty map if it is not built.
 *
 * @throws Error for an unknown type of file, which a browser could misinterpret
 */
export function readPanel(directory: string): Panel {
  const names = filesIn(directory)
  const all = new Set(names)
  const isCompressed = (name: string) => /\.(br|gz)$/.test(name) && all.has(name.slice(0, -3))
  return new Map(
    names
      .filter((name) => !isCompressed(name) && !path.basename(name).startsWith('.'))
      .map((name) => [name, readFile(directory, name, all)]),
  )
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.relative(directory, path.join(parentPath, name)))
      .map((name) => name.replaceAll(path.sep, '/'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function readFile(directory: string, name: string, all: ReadonlySet<string>): PanelFile {
  const type = TYPES[path.extname(name)]
  if (type === undefined) throw new Error(`The panel has a file of an unknown type: ${name}`)
  const read = (ending: string) => readFileSync(path.join(directory, `${name}${ending}`))
  const bodies = ENCODINGS.filter(([, ending]) => all.has(`${name}${ending}`)).map(
    ([encoding, ending]) => [encoding, read(ending).toString('base64')] as const,
  )
  return {
    type,
    hashed: name.startsWith('assets/'),
    tag: createHash('sha256').update(read('')).digest('base64url').slice(0, 22),
    bodies: new Map(bodies),
  }
}
