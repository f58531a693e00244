/**
 * Installs missing dependencies, then runs a command with them: `node scripts/bootstrap.mjs [--panel] [command ...]`.
 * `--panel` also builds the admin panel. Runs on the Node of the machine before anything is installed, so it is plain
 * JavaScript without dependencies. Its own output goes to stderr: scripts parse the stdout of the command.
 */

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The first version of Node that runs TypeScript without a flag. */
const OLDEST_NODE = [22, 18]
const PARENT_CHECK_MS = 1000

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STAMP = path.join(ROOT, 'node_modules/.installed')

// The Node that comes with the dependencies precedes the one of the machine.
const PATH = [path.join(ROOT, 'node_modules/.bin'), process.env.PATH].join(path.delimiter)
const options = {
  env: { ...process.env, PATH },
  // Commands in node_modules/.bin are batch files on Windows.
  shell: process.platform === 'win32',
}

const fingerprint = () => {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const name of ['package.json', 'package-lock.json']) {
    const file = path.join(ROOT, name)
    if (existsSync(file)) hash.update(readFileSync(file))
  }
  return hash.digest('hex')
}

/** Runs a command in the root of the project. Ends this process if the command fails. */
function runFirst(command, ...args) {
  const stdio = ['inherit', 2, 2]
  const { status } = spawnSync(command, args, { ...options, cwd: ROOT, stdio })
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== fingerprint()) {
  console.error('Installing the dependencies. The first time takes one or two minutes.')
  const start = performance.now()
  const npm = process.env.npm_execpath
  const [command, ...args] = npm ? [process.execPath, npm] : ['npm']
  // With NODE_ENV=production npm would remove the development dependencies, which every command needs.
  runFirst(command, ...args, 'install', '--include=dev')
  writeFileSync(STAMP, fingerprint())
  console.error(`  dependencies ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

const { stdout } = spawnSync('node', ['--version'], { ...options, encoding: 'utf8' })
const [major, minor] = (stdout ?? '').replace('v', '').split('.').map(Number)
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  console.error(
    `Node ${OLDEST_NODE.join('.')} or newer is required, and the dependencies contain none for this platform ` +
      `(${process.platform} ${process.arch}, Node ${stdout.trim()}). Install Node 24 from nodejs.org and try again.`,
  )
  process.exit(1)
}

const args = process.argv.slice(2)
if (args[0] === '--panel') {
  args.shift()
  runFirst('node', 'scripts/panel/build.ts')
}

const [command, ...rest] = args
if (command !== undefined) {
  const child = spawn(command, rest, { ...options, stdio: 'inherit' })
  child.on('error', (error) => {
    console.error(`${command}: ${error.message}`)
    process.exit(1)
  })
  const forward = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    // A shell sees the signal that ended the command.
    process.removeListener(signal, forward)
    process.kill(process.pid, signal)
  })
  // A killed npm forwards no signal. Exit, so that a command that watches its parent exits, too.
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1)
  }, PARENT_CHECK_MS).unref()
}
