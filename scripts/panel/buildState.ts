import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Where the panel is built to. */
export const DIST_DIRECTORY = 'admin/dist'

/** Holds what it was built from. Written last, so that what was stopped half-way is built again. */
const STAMP = `${DIST_DIRECTORY}/.built`

/** What is built into the panel, or decides how. */
const SOURCES = ['admin/**/*', 'openapi.json', 'package-lock.json']

/** Of these, what the build itself makes of others. */
const isSource = (file: string) => !/^admin[\\/](dist|node_modules)\b|[\\/]schema\.ts$/.test(file)

/** Whether there is a panel to build at all. */
export const hasPanel = (project: string) => existsSync(path.join(project, 'admin/index.html'))

/** All that the panel is built from, as one text that changes with any of it. */
export function hashSources(project: string): string {
  const hash = createHash('sha256')
  const files = globSync(SOURCES, { cwd: project, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(project, path.join(parentPath, name)))
  for (const file of files.filter(isSource).toSorted()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(project, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Whether the panel was built from its sources as they are. */
export const isUpToDate = (project: string) => {
  const stamp = path.join(project, STAMP)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashSources(project)
}

/** @param sources as they were before it was built */
export const writeStamp = (project: string, sources: string) =>
  writeFileSync(path.join(project, STAMP), sources)
