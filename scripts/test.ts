/** npm test: every check, and one plain line with the counts of the test runner at the end. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  fileURLToPath(import.meta.resolve('jest/bin/jest')),
]

/** Runs a command of this machine or of the dependencies. Answers whether it was content. */
function run(command: string, args: readonly string[]): boolean {
  console.log(`\n> ${path.basename(command)} ${args.slice(0, 3).join(' ')}`)
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (error) console.error(error.message)
  return status === 0
}

const directory = mkdtempSync(path.join(tmpdir(), 'license-authority-test-'))
const results = path.join(directory, 'results.json')

const clean = [
  run('biome', ['check', '--error-on-warnings', '.']),
  run(process.execPath, ['scripts/admin/types.ts']),
  run('tsc', []),
  run('tsc', ['-p', 'admin']),
  run('knip', []),
].every(Boolean)
const chosen = process.argv.slice(2)
const tested = run(process.execPath, [
  ...JEST,
  // What is covered by some of the tests says nothing about the whole.
  ...(chosen.length === 0 ? ['--coverage'] : []),
  '--json',
  `--outputFile=${results}`,
  ...chosen,
])

// Nothing is written when what all tests need could not be started: no test passed, and that is a failure.
const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = existsSync(results)
  ? JSON.parse(readFileSync(results, 'utf8'))
  : { numPassedTests: 0, numFailedTests: 1, numRuntimeErrorTestSuites: 0 }
rmSync(directory, { recursive: true })
if (!clean) console.log('\nLint, types or dead code: see above.')
// A file that could not even be loaded ran no test, which is a failure all the same.
console.log(`\n${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`)
process.exit(clean && tested ? 0 : 1)
