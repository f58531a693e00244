import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'

const MOST_BYTES = 200 * 1024

interface Chunk {
  readonly file: string
  readonly src?: string
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

/** Where the setup of the tests has built the panel. */
const DIST = 'admin/dist'
const manifest: Readonly<Record<string, Chunk>> = JSON.parse(
  readFileSync(path.join(DIST, '.manifest.json'), 'utf8'),
)

/** A chunk with all that is loaded with it. */
function filesOf(name: string, files = new Set<string>()): Set<string> {
  const { file, imports = [], css = [] } = manifest[name] ?? { file: `none for ${name}` }
  if (files.has(file)) return files
  files.add(file)
  for (const sheet of css) files.add(sheet)
  for (const other of imports) filesOf(other, files)
  return files
}

describe('the built panel', () => {
  it('loads less than 200 KB, compressed, until the overview with its charts can be used', async () => {
    const overview = 'src/pages/overview/'
    const names = ['index.html', `${overview}OverviewPage.tsx`, `${overview}DayChart.tsx`]
    const files = [...new Set(names.flatMap((name) => [...filesOf(name)])), 'index.html']
    const sizes = await Promise.all(
      files.map(async (file) => gzipSync(await readFile(path.join(DIST, file))).length),
    )
    const sum = sizes.reduce((total, size) => total + size, 0)
    expect(sum).toBeGreaterThan(MOST_BYTES / 10)
    expect(sum).toBeLessThan(MOST_BYTES)
  })

  it('has no script or style in its page, and asks nobody else for any', async () => {
    const page = await readFile(path.join(DIST, 'index.html'), 'utf8')
    expect(page).not.toMatch(/<script(?![^>]* src="\/admin\/)/)
    expect(page).not.toMatch(/<style|style=|\son\w+=|https?:/)
  })
})
