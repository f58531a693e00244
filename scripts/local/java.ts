import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { install } from 'njre'

const run = promisify(execFile)

const OLDEST_JAVA = 11
const DOWNLOADED_JAVA = 17
const PROGRESS_MS = 2000

/**
 * Returns the path of a Java runtime: an installed one, or one that is downloaded into `directory` once.
 *
 * @param signal aborts the search
 * @throws Error that lists commands to install one, if none is found and the download fails
 */
export async function findJava(directory: string, signal?: AbortSignal): Promise<string> {
  const home = process.env['JAVA_HOME']
  const installed = [...(home ? [path.join(home, 'bin', 'java')] : []), 'java']
  for (const candidate of [...installed, ...listDownloads(directory)]) {
    if (await isNewEnough(candidate, signal)) return candidate
  }
  await downloadJava(directory)
  for (const candidate of listDownloads(directory)) {
    if (await isNewEnough(candidate, signal)) return candidate
  }
  throw createError('the downloaded runtime does not start')
}

const listDownloads = (directory: string) =>
  globSync('jre/*/{bin,Contents/Home/bin}/java{,.exe}', { cwd: directory }).map((file) =>
    path.resolve(directory, file),
  )

async function isNewEnough(java: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const { stderr } = await run(java, ['-version'], { signal })
    return Number(/version "(\d+)/.exec(stderr)?.[1]) >= OLDEST_JAVA
  } catch {
    signal?.throwIfAborted()
    return false
  }
}

async function downloadJava(directory: string): Promise<void> {
  const download = path.resolve(directory, 'download')
  await rm(path.join(directory, 'jre'), { recursive: true, force: true })
  await mkdir(download, { recursive: true })
  // The package downloads to the temporary directory. A separate one shows its progress.
  const { TMPDIR, TEMP } = process.env
  Object.assign(process.env, { TMPDIR: download, TEMP: download })
  console.log(
    `No Java ${OLDEST_JAVA} or newer found: downloading one into ${directory} (about 45 MB).`,
  )
  const progress = setInterval(async () => {
    console.log(`  ${Math.floor((await sizeOf(download)) / 1e6)} MB`)
  }, PROGRESS_MS)
  try {
    await install(DOWNLOADED_JAVA, { installPath: download })
  } catch (error) {
    throw createError(error instanceof Error ? error.message : String(error), error)
  } finally {
    clearInterval(progress)
    restore({ TMPDIR, TEMP })
    await rm(download, { recursive: true, force: true })
  }
}

function restore(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

/** Returns the size of a directory whose files may change meanwhile. */
async function sizeOf(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true }).catch(() => [])
  const sizes = files.map((file) =>
    stat(path.join(directory, file)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

const createError = (reason: string, cause?: unknown) =>
  new Error(
    `DynamoDB Local needs a Java runtime (${OLDEST_JAVA} or newer). None was found, and the download failed (${reason}): install one, for example with "apt-get install default-jre-headless" or "brew install openjdk", and try again.`,
    { cause },
  )
