/** The functions, bundled with the settings that they are deployed with, and what their bundles are made of. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { build, type Metafile, stop } from 'esbuild'
import { bundleOptions, ROOT } from '../functions/bundle.ts'
import type { Service } from '../local/service.ts'

/** A directory that git ignores. */
const PLACE = path.join(ROOT, '.local')

export interface Bundle {
  readonly name: string
  readonly file: string
  readonly bytes: number
  /** How many of the bytes are of what, the most first: a package by its name, our own code by its folder. */
  readonly origins: Readonly<Record<string, number>>
}

export interface Bundles {
  readonly all: readonly Bundle[]
  /** @throws Error for a bundle that was not built */
  readonly of: (name: string) => Bundle
  remove(): Promise<void>
}

/** Bundles every function of the service, and other files besides. Two files must not have the same name. */
export async function buildBundles(
  service: Service,
  others: readonly string[] = [],
): Promise<Bundles> {
  const handlers = Object.values(service.functions).map(({ handler }) => handler)
  await mkdir(PLACE, { recursive: true })
  const outdir = await mkdtemp(path.join(PLACE, 'bench-'))
  const options = bundleOptions(handlers, outdir)
  const { metafile } = await build({
    ...options,
    entryPoints: [...options.entryPoints, ...others],
    entryNames: '[name]',
    metafile: true,
    logLevel: 'error',
  })
  // esbuild's process would keep a test runner that waits for its children from ending.
  await stop()
  const all = Object.entries(metafile.outputs).map(([file, output]) => toBundle(file, output))
  return {
    all,
    of(name) {
      const bundle = all.find((one) => one.name === name)
      if (!bundle) throw new Error(`No bundle is called ${name}`)
      return bundle
    },
    remove: () => rm(outdir, { recursive: true }),
  }
}

function toBundle(file: string, { bytes, inputs }: Metafile['outputs'][string]): Bundle {
  const sums = new Map<string, number>()
  let told = 0
  for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
    const origin = originOf(input)
    sums.set(origin, (sums.get(origin) ?? 0) + bytesInOutput)
    told += bytesInOutput
  }
  sums.set('between them', bytes - told)
  const origins = Object.fromEntries(
    [...sums].filter(([, size]) => size > 0).sort(([, a], [, b]) => b - a),
  )
  return {
    name: path.basename(file, path.extname(file)),
    file: path.join(ROOT, file),
    bytes,
    origins,
  }
}

const PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//

/** What a file that went into a bundle is of. */
function originOf(input: string): string {
  const name = PACKAGE.exec(input)?.[1]
  if (name !== undefined) return name
  return input.includes(':') ? 'node' : path.dirname(input)
}
