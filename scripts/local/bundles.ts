import { type FSWatcher, globSync, watch } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { context } from 'esbuild'
import { bundleOptions, ROOT } from '../functions/bundle.ts'

/** The directories whose changes rebuild the functions, with all below them. */
const SOURCES = ['functions', 'lib']

/** The wait for further changes, as an editor or git writes several files. */
const SETTLE_MS = 50

/** The bundles of functions, which follow their sources. */
export interface Bundles {
  /** Resolves once the bundles are built from the sources as they are. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/**
 * Builds functions into a directory, and again after each change of a source file. A build that fails is printed, and
 * leaves the bundles of the one before.
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
      // A function that starts meanwhile must find the old bundle or the new one.
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
        console.error(`${error.message}\nThe functions run as they were before this change.`)
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
 * Calls back for each change in directories and all below them. Watches each directory by itself: the recursive mode of
 * Node on Linux loses a file once another one was renamed to it, as many editors save. Returns what ends it.
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
      // The directory was deleted, and its parent has an event for that.
      watcher.on('error', () => {})
      watchers.set(directory, watcher)
    }
  }
  add()
  return () => {
    for (const watcher of watchers.values()) watcher.close()
  }
}
