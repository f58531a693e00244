import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DIST_DIRECTORY } from '../../scripts/panel/buildState.ts'

const run = promisify(execFile)

const EXIT_CHECKS = 600
const EXIT_CHECK_PAUSE_MS = 100

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

export interface Checkout {
  readonly directory: string
  remove(): Promise<void>
}

/** Copies the project as it is after a clone, with its dependencies installed, and the panel if it is built. */
export async function aCheckout(): Promise<Checkout> {
  // The copy shares the dependencies: install what is missing now, not in a command that runs there.
  await run(process.execPath, ['scripts/bootstrap.mjs'], { cwd: PROJECT })
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: PROJECT,
  })
  const directory = await mkdtemp(path.join(tmpdir(), 'license-authority-'))
  for (const file of stdout.split('\0').filter(Boolean)) {
    await cp(path.join(PROJECT, file), path.join(directory, file), { recursive: true })
  }
  const panel = path.join(PROJECT, DIST_DIRECTORY)
  if (existsSync(panel)) await cp(panel, path.join(directory, DIST_DIRECTORY), { recursive: true })
  await symlink(path.join(PROJECT, 'node_modules'), path.join(directory, 'node_modules'))
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) }
}

/** Returns the environment of a user who has nothing else running, with the Java that these tests found. */
export function aUsersEnvironment(java: string, changes: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const variables = Object.entries(process.env).filter(
    ([name]) => !/^(AWS|NODE_OPTIONS|JEST|TEST)/.test(name),
  )
  const home = path.isAbsolute(java) ? { JAVA_HOME: path.dirname(path.dirname(java)) } : {}
  return { ...Object.fromEntries(variables), ...home, ...changes }
}

export interface Command {
  /** Returns everything printed so far, on both streams. */
  output(): string
  /** Waits for a text in the output. Rejects with the output if the command exits before. */
  prints(text: string): Promise<void>
  /** Sends a signal to the process group, or to its first process. Does nothing if it has exited. */
  signal(signal: NodeJS.Signals, to?: 'group' | 'first'): void
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>
  /** Returns the processes that are left behind, after waiting up to a minute for their exit. */
  left(): Promise<string[]>
}

/** Starts a command in its own process group, as a terminal does. */
export function aCommand(
  command: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Command {
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} did not start`)
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
      for (const check of waiting) check()
    })
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return {
    output: () => output,
    exited,
    prints: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!output.includes(text)) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
        exited.then(() => {
          waiting.delete(check)
          reject(new Error(`It exited without printing ${text}:\n${output}`))
        })
      }),
    signal(signal, to = 'group') {
      try {
        process.kill(to === 'group' ? -pid : pid, signal)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    },
    async left() {
      let left = await listGroup(pid)
      for (let checks = 0; left.length > 0 && checks < EXIT_CHECKS; checks++) {
        await sleep(EXIT_CHECK_PAUSE_MS)
        left = await listGroup(pid)
      }
      return left
    },
  }
}

/** Lists the commands that run in a process group. */
async function listGroup(id: number): Promise<string[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pgid=,stat=,args='])
  return stdout.split('\n').filter((line) => {
    const [leader, state] = line.trim().split(/ +/)
    // A zombie has exited, though its parent has not read its status.
    return Number(leader) === id && !state?.startsWith('Z')
  })
}
