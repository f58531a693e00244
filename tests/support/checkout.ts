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

const LEFT_TRIES = 600
const LEFT_PAUSE_MS = 100

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

export interface Checkout {
  readonly directory: string
  remove(): Promise<void>
}

/** Copies the project as a user has it after a clone, with the dependencies installed and the panel built if it is here. */
export async function aCheckout(): Promise<Checkout> {
  // The copy shares the dependencies, so nothing may be left to install when a command is run there.
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

/** The environment of a user who has started nothing else, and has the Java that these tests have found. */
export function aUsersEnvironment(java: string, changes: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AWS|NODE_OPTIONS|JEST|TEST)/.test(name),
  )
  const home = path.isAbsolute(java) ? { JAVA_HOME: path.dirname(path.dirname(java)) } : {}
  return { ...Object.fromEntries(kept), ...home, ...changes }
}

export interface Command {
  /** All that it printed so far, on both streams. */
  output(): string
  /** Waits for a text in the output. Fails with all of it when the command ends before. */
  prints(text: string): Promise<void>
  /** What Ctrl-C or the system does: to the whole group of processes, or to the first of them; gone ones stay gone. */
  signal(signal: NodeJS.Signals, to?: 'group' | 'first'): void
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>
  /** The processes that it left behind, after a moment for those that are just ending. */
  left(): Promise<string[]>
}

/** Starts a command in a group of processes of its own, as a terminal does. */
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
      for (const look of waiting) look()
    })
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return {
    output: () => output,
    exited,
    prints: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!output.includes(text)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        exited.then(() => {
          waiting.delete(look)
          reject(new Error(`It ended without printing ${text}:\n${output}`))
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
      let left = await group(pid)
      for (let tries = 0; left.length > 0 && tries < LEFT_TRIES; tries++) {
        await sleep(LEFT_PAUSE_MS)
        left = await group(pid)
      }
      return left
    },
  }
}

/** The commands that run in a group of processes. */
async function group(id: number): Promise<string[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pgid=,stat=,args='])
  return stdout.split('\n').filter((line) => {
    const [leader, state] = line.trim().split(/ +/)
    // A dead one may wait long until the system takes notice.
    return Number(leader) === id && !state?.startsWith('Z')
  })
}
