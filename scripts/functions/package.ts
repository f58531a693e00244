import { globSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'
import { type ZipOptions, zipSync } from 'fflate'
import { hasPanel, isUpToDate } from '../panel/buildState.ts'
import { bundleOf, bundleOptions, ROOT } from './bundle.ts'

/** The parts of a function in serverless.yml that packaging reads and sets. */
export interface Packageable {
  readonly handler: string
  package?: {
    /** Globs of additional files in the zip, relative to the project. */
    readonly patterns?: readonly string[]
    /** The zip to deploy, relative to the project. */
    readonly artifact?: string
  }
}

const OUTPUT = '.serverless'

/** Makes zips reproducible, so that an unchanged function is not deployed again. */
const REPRODUCIBLE: ZipOptions = {
  level: 9,
  // The zip format stores local time and starts in 1980.
  mtime: new Date(1980, 0, 1),
  // Unix, with permissions that let the user of the Lambda runtime read the file.
  os: 3,
  attrs: (0o100644 << 16) >>> 0,
}

/**
 * Builds functions and writes `.serverless/<name>.zip` for each, with `functions/<name>.mjs` and the files of its
 * patterns in it. Sets each function's `package.artifact` to its zip.
 *
 * @throws Error with esbuild's messages if a function cannot be built, or if the panel in admin/dist is out of date
 */
export async function packageFunctions(
  functions: Readonly<Record<string, Packageable>>,
): Promise<void> {
  if (hasPanel(ROOT) && !isUpToDate(ROOT)) {
    throw new Error('admin/dist is older than admin/: run node scripts/panel/build.ts')
  }
  const outdir = path.join(ROOT, OUTPUT)
  const handlers = new Set(Object.values(functions).map(({ handler }) => handler))
  const { outputFiles } = await build({ ...bundleOptions(handlers, outdir), write: false })
  const bundles = new Map(
    outputFiles.map((file) => [toZipPath(path.relative(outdir, file.path)), file.contents]),
  )
  await mkdir(outdir, { recursive: true })
  for (const [name, definition] of Object.entries(functions)) {
    const bundle = bundleOf(definition.handler)
    const code = bundles.get(bundle)
    if (!code) throw new Error(`esbuild wrote no ${bundle}`)
    const files = { ...(await readFiles(definition.package?.patterns)), [bundle]: code }
    const artifact = `${OUTPUT}/${name}.zip`
    await writeFile(path.join(ROOT, artifact), zipSync(files, REPRODUCIBLE))
    definition.package = { ...definition.package, artifact }
  }
}

/** Reads the files that match the patterns, sorted by path, without hidden files. */
async function readFiles(patterns: readonly string[] = []): Promise<Record<string, Uint8Array>> {
  const names = globSync(patterns, { cwd: ROOT, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .toSorted()
  const read = names.map(async (file) => {
    const bytes: Uint8Array = await readFile(file)
    return [toZipPath(path.relative(ROOT, file)), bytes] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

const toZipPath = (file: string) => file.split(path.sep).join('/')
