import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'

const MAX_BYTES = 200 * 1024

interface Chunk {
  readonly file: string
  readonly src?: string
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

/** The global setup builds the panel into this directory. */
const DIST = 'admin/dist'
const manifest: Readonly<Record<string, Chunk>> = JSON.parse(
  readFileSync(path.join(DIST, '.manifest.json'), 'utf8'),
)

/** Returns a chunk and everything that it imports. */
function filesOf(name: string, files = new Set<string>()): Set<string> {
  const { file, imports = [], css = [] } = manifest[name] ?? { file: `missing chunk ${name}` }
  if (files.has(file)) return files
  files.add(file)
  for (const sheet of css) files.add(sheet)
  for (const other of imports) filesOf(other, files)
  return files
}

describe('the built panel', () => {
  it('transfers less than 200 KB for the overview with its charts', async () => {
    const overview = 'src/pages/overview/'
    const names = ['index.html', `${overview}OverviewPage.tsx`, `${overview}DayChart.tsx`]
    const files = [...new Set(names.flatMap((name) => [...filesOf(name)])), 'index.html']
    const sizes = await Promise.all(
      files.map(async (file) => gzipSync(await readFile(path.join(DIST, file))).length),
    )
    const sum = sizes.reduce((total, size) => total + size, 0)
    expect(sum).toBeGreaterThan(MAX_BYTES / 10)
    expect(sum).toBeLessThan(MAX_BYTES)
  })

  it('has no inline script or style, and loads none from another origin', async () => {
    const page = await readFile(path.join(DIST, 'index.html'), 'utf8')
    expect(page).not.toMatch(/<script(?![^>]* src="\/admin\/)/)
    expect(page).not.toMatch(/<style|style=|\son\w+=|https?:/)
  })
})
