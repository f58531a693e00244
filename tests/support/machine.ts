/** What a machine may have besides Node. What needs it is tried where it is there, and a line says so where it is not. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** A Chromium of this machine, if there is one. */
export const CHROMIUM = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .flatMap((directory) => NAMES.map((name) => path.join(directory, name)))
  .find((file) => existsSync(file))

/** The library of the Python example. */
export const HAS_JOSERFC = spawnSync('python3', ['-c', 'import joserfc']).status === 0
