import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from '@jest/globals'

const run = promisify(execFile)
const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** Copies the page and counts the builds. */
const BUILD = `
  import { mkdirSync, readFileSync, rmSync, writeFileSync, appendFileSync } from 'node:fs'
  appendFileSync('builds', 'x')
  rmSync('admin/dist', { recursive: true, force: true })
  mkdirSync('admin/dist')
  writeFileSync('admin/dist/index.html', readFileSync('admin/index.html', 'utf8').repeat(99))
  if (readFileSync('admin/index.html', 'utf8').includes('broken')) throw new Error('The build broke')`

let project: string
beforeEach(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'license-authority-panel-'))
  await mkdir(path.join(project, 'admin'))
  await cp(path.join(PROJECT, 'scripts/panel'), path.join(project, 'scripts/panel'), {
    recursive: true,
  })
  const scripts = { 'admin:build': 'node build.mjs' }
  await write('package.json', JSON.stringify({ type: 'module', scripts }))
  await write('package-lock.json', '{}')
  await write('openapi.json', '{}')
  await write('build.mjs', BUILD)
  await write('admin/index.html', '<p>page</p>')
  await symlink(path.join(PROJECT, 'node_modules'), path.join(project, 'node_modules'))
})
afterEach(() => rm(project, { recursive: true }))

const write = (name: string, text: string) => writeFile(path.join(project, name), text)
const read = (name: string) => readFile(path.join(project, name))
const build = () => run(process.execPath, ['scripts/panel/build.ts'], { cwd: project })
const builds = async () => (await read('builds')).length

it('builds the panel once, and again after its sources changed', async () => {
  const { stdout } = await build()
  expect(stdout).toContain('Building the admin panel')
  expect(gunzipSync(await read('admin/dist/index.html.gz')).toString()).toContain('<p>page</p>')
  const again = await build()
  expect([again.stdout, await builds()]).toEqual(['', 1])

  let count = 1
  for (const source of ['admin/index.html', 'admin/new.ts', 'openapi.json', 'package-lock.json']) {
    await write(source, '<p>changed</p>')
    await build()
    await build()
    expect(await builds()).toBe(++count)
  }
  await rm(path.join(project, 'admin/dist'), { recursive: true })
  await build()
  expect(await builds()).toBe(count + 1)
})

it('fails if the build fails, and builds again the next time', async () => {
  await write('admin/index.html', 'broken')
  await expect(build()).rejects.toMatchObject({
    stderr: expect.stringMatching(/The build broke[\s\S]*npm run admin:build/),
  })
  await expect(build()).rejects.toMatchObject({ code: 1 })
  expect(await builds()).toBe(2)
})
