/** Detects whether the built panel is up to date, by a hash of its sources. */

import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export const DIST_DIRECTORY = 'admin/dist'

/** Holds the hash of the built sources. It is written last, so an interrupted build is repeated. */
const STAMP = `${DIST_DIRECTORY}/.built`

const SOURCES = ['admin/**/*', 'openapi.json', 'package-lock.json']

/** Matches files that the build itself writes. */
const OUTPUT = /^admin[\\/](dist|node_modules)\b|[\\/]schema\.ts$/

/** Returns false in a checkout without the panel. */
export const hasPanel = (project: string) => existsSync(path.join(project, 'admin/index.html'))

/** Hashes the names and contents of all sources. */
export function hashSources(project: string): string {
  const hash = createHash('sha256')
  const files = globSync(SOURCES, { cwd: project, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(project, path.join(parentPath, name)))
  for (const file of files.filter((name) => !OUTPUT.test(name)).toSorted()) {
    const content = readFileSync(path.join(project, file))
    hash.update(`${file}\0`).update(content).update('\0')
  }
  return hash.digest('hex')
}

export const isUpToDate = (project: string) => {
  const stamp = path.join(project, STAMP)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashSources(project)
}

/** @param hash of the sources before the build, in case they changed during it */
export const writeStamp = (project: string, hash: string) =>
  writeFileSync(path.join(project, STAMP), hash)
