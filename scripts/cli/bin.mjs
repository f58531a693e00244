#!/usr/bin/env node
/**
 * license-authority: the command line. Plain JavaScript, since it may be started by a Node that is too old for the rest;
 * it hands over to the Node that comes with the dependencies.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

const installed = spawnSync(process.execPath, [here('../bootstrap.mjs')], {
  stdio: ['ignore', 2, 2],
  env: { ...process.env, PATH: `${here('../../node_modules/.bin')}:${process.env.PATH}` },
})
if (installed.status !== 0) process.exit(installed.status ?? 1)

const own = here('../../node_modules/.bin/node')
const { status } = spawnSync(
  existsSync(own) ? own : process.execPath,
  [here('main.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
process.exit(status ?? 1)
