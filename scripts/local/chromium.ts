import { existsSync } from 'node:fs'
import path from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** A Chromium of this machine, if there is one. */
export const CHROMIUM = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .flatMap((directory) => NAMES.map((name) => path.join(directory, name)))
  .find((file) => existsSync(file))
