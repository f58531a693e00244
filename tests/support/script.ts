import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Readonly<Record<string, string>>
}

export interface ScriptResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs an npm script as `npm run -s <name> -- <args>` does, but without npm, which takes longer to start than most
 * scripts run. A script that exits with another code than 0 is a result, not an error.
 */
export async function runScript(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ScriptResult> {
  const [, file] = /^node (\S+)$/.exec(scripts[name] ?? '') ?? []
  if (file === undefined) throw new Error(`package.json has no script ${name} that is one file`)
  return run(process.execPath, [file, ...args], {
    env: { PATH: process.env['PATH'], ...env },
  }).then(
    (printed) => ({ code: 0, ...printed }),
    (error: ScriptResult) => error,
  )
}
