/** The functions, bundled as they are deployed, and the composition of each bundle. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, stop } from 'esbuild'
import { bundleOptions, ROOT } from '../functions/bundle.ts'
import type { Service } from '../local/service.ts'

/** Ignored by Git. */
const DIRECTORY = path.join(ROOT, '.local')

interface Bundle {
  readonly name: string
  readonly file: string
  readonly bytes: number
  /** The bytes of each package, or of each folder of our code. */
  readonly origins: Readonly<Record<string, number>>
}

export interface Bundles {
  readonly all: readonly Bundle[]
  /** @throws Error for an unknown name */
  find(name: string): Bundle
  remove(): Promise<void>
}

/** Bundles every function of the service, and the baseline `bareSdk`. */
export async function buildBundles(service: Service): Promise<Bundles> {
  const handlers = Object.values(service.functions).map(({ handler }) => handler)
  await mkdir(DIRECTORY, { recursive: true })
  const outdir = await mkdtemp(path.join(DIRECTORY, 'bench-'))
  const options = bundleOptions(handlers, outdir)
  const { metafile } = await build({
    ...options,
    entryPoints: [...options.entryPoints, fileURLToPath(new URL('bareSdk.ts', import.meta.url))],
    entryNames: '[name]',
    metafile: true,
    logLevel: 'error',
  })
  // The process of esbuild would keep a test runner alive.
  await stop()
  const all = Object.entries(metafile.outputs).map(([file, output]) => toBundle(file, output))
  return {
    all,
    find(name) {
      const bundle = all.find((each) => each.name === name)
      if (!bundle) throw new Error(`There is no bundle ${name}`)
      return bundle
    },
    remove: () => rm(outdir, { recursive: true }),
  }
}

function toBundle(file: string, { bytes, inputs }: Metafile['outputs'][string]): Bundle {
  const origins: Record<string, number> = {}
  for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
    const origin = toOrigin(input)
    if (bytesInOutput > 0) origins[origin] = (origins[origin] ?? 0) + bytesInOutput
  }
  const name = path.basename(file, path.extname(file))
  return { name, file: path.join(ROOT, file), bytes, origins }
}

const PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//

/** Returns the package of a file, or its folder. Esbuild names built-in modules with a colon. */
const toOrigin = (input: string) =>
  PACKAGE.exec(input)?.[1] ?? (input.includes(':') ? 'node' : path.dirname(input))
