/** esbuild settings of `npm start`, packaging and the benchmarks. */

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildOptions } from 'esbuild'
import { plugins } from './esbuildPlugins.ts'

/** The directory of the project. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Lambda loads `.mjs` as ESM without a package.json. */
const BUNDLE_EXTENSION = '.mjs'

/** Returns the source file of a handler such as `functions/verify.handler`, relative to the project. */
const sourceOf = (handler: string): string => handler.replace(/\.\w+$/, '.ts')

/** Returns the bundle of a handler such as `functions/verify.handler`, relative to the output directory. */
export const bundleOf = (handler: string): string => handler.replace(/\.\w+$/, BUNDLE_EXTENSION)

/**
 * Returns esbuild options that build one self-contained ESM file for each handler.
 *
 * @param handlers as in serverless.yml, for example `functions/verify.handler`
 * @param outdir the directory to which `functions/verify.mjs` is relative
 */
export const bundleOptions = (handlers: Iterable<string>, outdir: string) =>
  ({
    absWorkingDir: ROOT,
    entryPoints: Array.from(handlers, (handler) => path.join(ROOT, sourceOf(handler))),
    outbase: ROOT,
    outdir,
    outExtension: { '.js': BUNDLE_EXTENSION },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Packages ship ESM in `module`, which esbuild can tree-shake; platform `node` would prefer `main`.
    mainFields: ['module', 'main'],
    minify: true,
    plugins: [...plugins],
    logLevel: 'silent',
  }) satisfies BuildOptions
