import { type FSWatcher, globSync, watch } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { context } from 'esbuild'
import { bundleOptions, ROOT } from '../functions/bundle.ts'

/** Directories whose changes rebuild the functions, including subdirectories. */
const SOURCES = ['functions', 'lib']

/** Delay before a build, since editors and git write several files at once. */
const SETTLE_MS = 50

/** Bundles of functions that are rebuilt on changes. */
export interface Bundles {
  /** Resolves once the bundles match the sources. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/**
 * Builds functions into a directory, and rebuilds them after each change of a source file. A failed build is printed and
 * leaves the previous bundles.
 *
 * @param handlers as in serverless.yml
 * @param outdir the directory to which `functions/verify.mjs` is relative
 * @param onChange called with the files that a later build has changed
 * @throws Error with esbuild's messages if the first build fails
 */
export async function watchBundles(
  handlers: Iterable<string>,
  outdir: string,
  onChange: (files: readonly string[]) => void,
): Promise<Bundles> {
  const builder = await context({ ...bundleOptions(handlers, outdir), write: false })
  const hashes = new Map<string, string>()

  async function rebuild(): Promise<readonly string[]> {
    const { outputFiles } = await builder.rebuild()
    const changed = outputFiles.filter(({ path: file, hash }) => hashes.get(file) !== hash)
    for (const { path: file, contents, hash } of changed) {
      await mkdir(path.dirname(file), { recursive: true })
      // A function that starts meanwhile must find a complete bundle.
      await writeFile(`${file}.new`, contents)
      await rename(`${file}.new`, file)
      hashes.set(file, hash)
    }
    return changed.map(({ path: file }) => file)
  }

  try {
    await rebuild()
  } catch (error) {
    await builder.dispose()
    throw error
  }

  let settled = Promise.resolve()
  let isScheduled = false
  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    settled = settled
      .then(() => sleep(SETTLE_MS))
      .then(() => {
        isScheduled = false
        return rebuild()
      })
      .then(onChange, (error: Error) => {
        console.error(`${error.message}\nThe functions still run the previous build.`)
      })
  }
  const unwatch = watchDirectories(SOURCES, schedule)
  return {
    settled: () => settled,
    async stop() {
      unwatch()
      await settled
      await builder.dispose()
    },
  }
}

/**
 * Calls back for each change in directories and their subdirectories. Watches each directory separately: Node's recursive
 * mode on Linux loses a file that an editor replaces by a rename. Returns a function that stops it.
 */
function watchDirectories(roots: readonly string[], onChange: () => void): () => void {
  const watchers = new Map<string, FSWatcher>()
  function add(): void {
    const patterns = roots.map((root) => `${root}/**`)
    const directories = new Set(
      globSync(patterns, { cwd: ROOT, withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ parentPath, name }) => path.join(parentPath, name)),
    )
    for (const [directory, watcher] of watchers) {
      if (directories.has(directory)) continue
      watcher.close()
      watchers.delete(directory)
    }
    for (const directory of directories) {
      if (watchers.has(directory)) continue
      const watcher = watch(directory, () => {
        add()
        onChange()
      })
      // A deleted directory: its parent reports that change.
      watcher.on('error', () => {})
      watchers.set(directory, watcher)
    }
  }
  add()
  return () => {
    for (const watcher of watchers.values()) watcher.close()
  }
}
