/** Builds the panel when its sources changed since it was built last. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DIST_DIRECTORY, hashSources, hasPanel, isUpToDate, writeStamp } from './buildState.ts'
import { compress } from './compress.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

if (hasPanel(PROJECT) && !isUpToDate(PROJECT)) {
  const sources = hashSources(PROJECT)
  console.log('Building the admin panel.')
  const begun = performance.now()
  const npm = process.env['npm_execpath']
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  const { status } = spawnSync(command, [...args, 'run', '--silent', 'admin:build'], {
    cwd: PROJECT,
    stdio: ['ignore', 'ignore', 'inherit'],
    // Tests build it too, and what is tested is what is deployed.
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (status !== 0) {
    console.error('The admin panel could not be built: npm run admin:build says why.')
    process.exit(status ?? 1)
  }
  compress(`${PROJECT}${DIST_DIRECTORY}`)
  writeStamp(PROJECT, sources)
  console.log(`  the panel ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}
