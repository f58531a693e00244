/** The functions, bundled with the settings that they are deployed with, and what their bundles are made of. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile, stop } from 'esbuild'
import type { Service } from '../local/service.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Inside of the project, so that a bundle finds what it leaves out. */
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
  const settings = service.custom.esbuild
  if (!settings) throw new Error('serverless.yml does not say how the functions are bundled')
  const { outputFileExtension, skipRebuild: _, watch: _watch, plugins, ...options } = settings
  const handlers = Object.values(service.functions).map(({ handler }) =>
    path.join(ROOT, handler.replace(/\.handler$/, '.ts')),
  )
  const { default: made } = await import(path.join(ROOT, `${plugins}`))
  await mkdir(PLACE, { recursive: true })
  const outdir = await mkdtemp(path.join(PLACE, 'bench-'))
  const { metafile } = await build({
    ...(options as BuildOptions),
    absWorkingDir: ROOT,
    entryPoints: [...handlers, ...others],
    entryNames: '[name]',
    outExtension: { '.js': outputFileExtension },
    outdir,
    plugins: made,
    metafile: true,
    logLevel: 'error',
  })
  // Its process would outlive a test runner's, and keep whoever waits for that one waiting.
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
