import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { install } from 'njre'

const run = promisify(execFile)

const OLDEST_JAVA = 11
const FETCHED_JAVA = 17
const PROGRESS_MS = 2000

/**
 * Returns a command that starts a Java runtime: the machine's own, or one that is fetched into `directory` and found
 * there the next time.
 *
 * @param signal ends the search when it aborts
 * @throws Error with one line that says what to install, if there is none and none can be fetched
 */
export async function findJava(directory: string, signal?: AbortSignal): Promise<string> {
  const home = process.env['JAVA_HOME']
  const own = [...(home ? [path.join(home, 'bin', 'java')] : []), 'java']
  for (const candidate of [...own, ...fetched(directory)]) {
    if (await isNewEnough(candidate, signal)) return candidate
  }
  await fetchJava(directory)
  for (const candidate of fetched(directory)) {
    if (await isNewEnough(candidate, signal)) return candidate
  }
  throw missing('what was fetched does not run')
}

const fetched = (directory: string) =>
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

async function fetchJava(directory: string): Promise<void> {
  const download = path.resolve(directory, 'download')
  await rm(path.join(directory, 'jre'), { recursive: true, force: true })
  await mkdir(download, { recursive: true })
  // Where the package keeps what it has so far, which is how far it got.
  const { TMPDIR, TEMP } = process.env
  Object.assign(process.env, { TMPDIR: download, TEMP: download })
  console.log(
    `No Java ${OLDEST_JAVA} or newer found: fetching one into ${directory} (about 45 MB).`,
  )
  const progress = setInterval(async () => {
    console.log(`  ${Math.floor((await sizeOf(download)) / 1e6)} MB`)
  }, PROGRESS_MS)
  try {
    await install(FETCHED_JAVA, { installPath: download })
  } catch (error) {
    throw missing(error instanceof Error ? error.message : String(error), error)
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

/** Of what is there: files come and go while it looks. */
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

const missing = (why: string, cause?: unknown) =>
  new Error(
    `DynamoDB Local needs a Java runtime (${OLDEST_JAVA} or newer), none was found and none could be fetched (${why}): install one, for example with "apt-get install default-jre-headless" or "brew install openjdk", and try again.`,
    { cause },
  )
