/** Builds the panel if its sources changed since the last build. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DIST_DIRECTORY, hashSources, hasPanel, isUpToDate, writeStamp } from './buildState.ts'
import { compress } from './compress.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

if (hasPanel(PROJECT) && !isUpToDate(PROJECT)) {
  const hash = hashSources(PROJECT)
  console.log('Building the admin panel.')
  const start = performance.now()
  const npm = process.env['npm_execpath']
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  const { status } = spawnSync(command, [...args, 'run', '--silent', 'admin:build'], {
    cwd: PROJECT,
    stdio: ['ignore', 'ignore', 'inherit'],
    // Tests must build the same files as a deployment.
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (status !== 0) {
    console.error('The admin panel could not be built. Run npm run admin:build for details.')
    process.exit(status ?? 1)
  }
  compress(`${PROJECT}${DIST_DIRECTORY}`)
  writeStamp(PROJECT, hash)
  console.log(`  built in ${((performance.now() - start) / 1000).toFixed(1)} s`)
}
