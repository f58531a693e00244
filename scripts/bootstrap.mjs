/**
 * Installs what is missing before a command that needs it. Runs on the Node of the machine, before anything is
 * installed, and so is plain JavaScript without dependencies. With the argument `panel` it also builds the admin panel.
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** From this version on, Node runs TypeScript as it is. */
const OLDEST_NODE = [22, 18]

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const STAMP = 'node_modules/.installed'
const wanted = () =>
  createHash('sha256')
    .update(readFileSync('package.json'))
    .update(existsSync('package-lock.json') ? readFileSync('package-lock.json') : '')
    .update(`${process.platform} ${process.arch}`)
    .digest('hex')

if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== wanted()) {
  console.log('Installing the dependencies; the first time takes a minute or two.')
  const begun = performance.now()
  const npm = process.env.npm_execpath
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  // With NODE_ENV=production npm leaves out, and removes, what the commands run on.
  const { status } = spawnSync(command, [...args, 'install', '--include=dev'], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(STAMP, wanted())
  console.log(`  the dependencies ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}

const { stdout } = spawnSync('node', ['--version'], { encoding: 'utf8' })
const [major, minor] = (stdout ?? '').replace('v', '').split('.').map(Number)
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  console.error(
    `Node ${OLDEST_NODE.join('.')} or newer is needed and none comes with the dependencies on this platform ` +
      `(${process.platform} ${process.arch}, Node ${stdout.trim()}): install Node 24 from nodejs.org and try again.`,
  )
  process.exit(1)
}

if (process.argv[2] === 'panel') {
  const { status } = spawnSync('node', ['scripts/panel/build.ts'], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
