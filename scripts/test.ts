/**
 * Runs the checks of the project: `node scripts/test.ts <part> [jest arguments]`. CONTRIBUTING.md lists the commands.
 * Static checks run in parallel with the tests. The last line counts the tests: `N passed, N failed`.
 */

import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  fileURLToPath(import.meta.resolve('jest/bin/jest')),
  // One more than the cores: some tests wait for a retry or a page and use none meanwhile.
  `--maxWorkers=${availableParallelism() + 1}`,
]

/** Selects the tests that import this file, which scales them in a soak run. */
const SIZED = ['--findRelatedTests', 'tests/support/size.ts']

/** Returns the variables of a soak run and prints the seed to repeat it. */
function soakVariables(): NodeJS.ProcessEnv {
  const seed = process.env['SEED'] || `${randomInt(2 ** 31)}`
  console.log(`SEED=${seed} npm run test:soak repeats this run.`)
  return { SOAK: '1', SEED: seed }
}

type Part = 'all' | 'check' | 'unit' | 'integration' | 'e2e' | 'watch' | 'soak'

const PARTS: Readonly<
  Record<Part, { readonly jest: readonly string[]; readonly isStatic?: true }>
> = {
  all: { jest: ['--coverage'], isStatic: true },
  check: { jest: ['--selectProjects', 'unit'], isStatic: true },
  unit: { jest: ['--selectProjects', 'unit'] },
  integration: { jest: ['--selectProjects', 'integration'] },
  e2e: { jest: ['--selectProjects', 'e2e'] },
  watch: { jest: ['--watch', '--selectProjects', 'unit'] },
  soak: { jest: SIZED },
}

/** Runs a command and returns true for exit code 0. Prints the output at the end, and only if the command failed. */
async function passes(command: string, ...args: string[]): Promise<boolean> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
  })
  const ended = new Promise<boolean>((resolve) => {
    child.on('error', (error) => {
      console.error(error.message)
      resolve(false)
    })
    child.on('close', (code) => resolve(code === 0))
  })
  const [out, err, isPassed] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const name = [command, ...args].map((word) => path.basename(word)).join(' ')
  if (!isPassed) console.error(`\nFailed: ${name}\n${out}${err}`)
  return isPassed
}

/** Checks format, lint, types and dead code, one after the other: the tests use the other cores. */
async function passesStaticChecks(): Promise<boolean> {
  const results = [
    await passes('biome', 'check', '--error-on-warnings', '.'),
    // Generates types of the panel's API client, which tsc needs.
    await passes(process.execPath, 'scripts/admin/types.ts'),
    await passes('tsc'),
    await passes('tsc', '-p', 'admin'),
    await passes('knip'),
  ]
  return results.every(Boolean)
}

interface Counts {
  readonly numPassedTests: number
  readonly numFailedTests: number
  /** Test files that failed before any test ran. */
  readonly numRuntimeErrorTestSuites: number
}

async function runJest(args: readonly string[], env: NodeJS.ProcessEnv) {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-authority-test-'))
  const results = path.join(directory, 'results.json')
  const child = spawn(process.execPath, [...JEST, '--json', `--outputFile=${results}`, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  const isPassed = await new Promise<boolean>((resolve) => {
    child.on('close', (code) => resolve(code === 0))
  })
  // A failed global setup writes no results. Count it as a failure.
  const counts: Counts = existsSync(results)
    ? JSON.parse(readFileSync(results, 'utf8'))
    : { numPassedTests: 0, numFailedTests: 1, numRuntimeErrorTestSuites: 0 }
  rmSync(directory, { recursive: true })
  return { isPassed, ...counts }
}

const [part = 'all', ...chosen] = process.argv.slice(2)
if (!Object.hasOwn(PARTS, part)) {
  console.error(`Unknown part ${part}. Choose one of: ${Object.keys(PARTS).join(', ')}.`)
  process.exit(2)
}
const { jest, isStatic } = PARTS[part as Part]
// Chosen files run without static checks and coverage.
const isWhole = chosen.length === 0
const [isClean, tested] = await Promise.all([
  isStatic && isWhole ? passesStaticChecks() : true,
  runJest(
    // Chosen files come first, since --selectProjects takes all following arguments.
    isWhole ? jest : [...chosen, ...jest.filter((arg) => arg !== '--coverage')],
    part === 'soak' ? soakVariables() : {},
  ),
])
if (!isClean) console.log('\nFormat, lint, types or dead code: see above.')
console.log(
  `\n${tested.numPassedTests} passed, ${tested.numFailedTests + tested.numRuntimeErrorTestSuites} failed`,
)
process.exit(isClean && tested.isPassed ? 0 : 1)
