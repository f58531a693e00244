import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface ScriptResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `license-authority <args>` in a process of its own. A command that exits
 * with another code than 0 is a result, not an error.
 */
export async function runCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ScriptResult> {
  return run(process.execPath, ['scripts/cli/main.ts', ...args], {
    env: { PATH: process.env['PATH'], ...env },
  }).then(
    (printed) => ({ code: 0, ...printed }),
    (error: ScriptResult) => error,
  )
}
