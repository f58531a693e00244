import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

const require = createRequire(import.meta.url)

/** Whose versions matter to what is measured. */
const PACKAGES = ['@aws-sdk/client-dynamodb', '@middy/core', 'esbuild', 'stripe']

export interface Machine {
  readonly machine: string
  readonly system: string
  readonly versions: Readonly<Record<string, string>>
}

/** Where something is measured: whoever compares figures has to know. */
export function theMachine(): Machine {
  const cpus = os.cpus()
  const gigabytes = Math.round(os.totalmem() / 2 ** 30)
  return {
    machine: `${cpus.length} × ${cpus[0]?.model.trim()}, ${gigabytes} GiB`,
    system: `${os.type()} ${os.release()} on ${os.arch()}`,
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    },
  }
}

function versionOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(path.join(folder, name, 'package.json'), 'utf8')).version
    } catch {
      // It is in one of the folders further up.
    }
  }
  throw new Error(`${name} is not installed`)
}
