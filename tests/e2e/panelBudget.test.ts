import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const run = promisify(execFile)

const MOST_BYTES = 200 * 1024

interface Chunk {
  readonly file: string
  readonly src?: string
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

let directory: string
let manifest: Readonly<Record<string, Chunk>>

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'license-authority-panel-'))
  const vite = path.join(
    path.dirname(createRequire(import.meta.url).resolve('vite/package.json')),
    'bin/vite.js',
  )
  const options = ['--manifest', 'manifest.json', '--outDir', directory, '--emptyOutDir']
  // Jest says that this is a test, of which Vite would make a build for developers.
  const env = { ...process.env, NODE_ENV: 'production' }
  await run(process.execPath, [vite, 'build', 'admin', ...options], { env })
  manifest = JSON.parse(await readFile(path.join(directory, 'manifest.json'), 'utf8'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

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
      files.map(async (file) => gzipSync(await readFile(path.join(directory, file))).length),
    )
    const sum = sizes.reduce((total, size) => total + size, 0)
    expect(sum).toBeGreaterThan(MOST_BYTES / 10)
    expect(sum).toBeLessThan(MOST_BYTES)
  })

  it('has no script or style in its page, and asks nobody else for any', async () => {
    const page = await readFile(path.join(directory, 'index.html'), 'utf8')
    expect(page).not.toMatch(/<script(?![^>]* src="\/admin\/)/)
    expect(page).not.toMatch(/<style|style=|\son\w+=|https?:/)
  })
})
