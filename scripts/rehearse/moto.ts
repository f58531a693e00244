import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import getPort from 'get-port'
import type { Server } from '../local/server.ts'

const run = promisify(execFile)

const READY_TRIES = 300
const READY_PAUSE_MS = 100
/** All of them come with moto[all]. */
const PROBE =
  'import json, site, sys, boto3, cfnlint, moto.server; print(json.dumps([sys.executable, site.getuserbase(), moto.__version__]))'

export interface Moto {
  readonly version: string
  /** Starts the server. It ends with this process, however that ends. */
  start(env: NodeJS.ProcessEnv, cwd: string): Promise<MotoServer>
  /** Looks what there is of a stack, or of what was there before. */
  look(env: NodeJS.ProcessEnv, at: string | readonly Made[]): Promise<Made[]>
}

interface MotoServer extends Server {
  /** The last error that it wrote of itself, if any. */
  readonly fault: () => string
}

/** A resource that moto made. */
export interface Made {
  /** As the template calls it. */
  readonly name: string
  readonly type: string
  readonly id: string
  /** Under CloudFormation's names; none where it is gone, or cannot be read. */
  readonly properties: Readonly<Record<string, unknown>> | null
}

/** The moto of this machine, if there is one. */
export async function findMoto(): Promise<Moto | undefined> {
  const probed = await run('python3', ['-c', PROBE]).catch(() => undefined)
  if (!probed) return
  const [python, userBase, version] = JSON.parse(probed.stdout) as [string, string, string]
  // What a user installed for himself is found without his home too.
  const inPython = (env: NodeJS.ProcessEnv) => ({ ...env, PYTHONUSERBASE: userBase })
  const script = (name: string) => path.join(import.meta.dirname, name)

  return {
    version,
    async start(env, cwd) {
      const port = await getPort({ host: '127.0.0.1' })
      const child = spawn(python, [script('serve.py'), `${port}`], {
        // cfn-lint and moto may leave files where they are started.
        cwd,
        env: inPython(env),
        stdio: ['pipe', 'ignore', 'pipe'],
      })
      const exited = once(child, 'exit').then(() => {})
      let fault = ''
      createInterface(child.stderr).on('line', (line) => {
        if (/^[\w.]*(Error|Exception)\b/.test(line)) fault = line
      })
      const server: MotoServer = {
        fault: () => fault,
        url: `http://127.0.0.1:${port}`,
        exited,
        async stop() {
          child.kill()
          await exited
        },
      }
      for (let tries = 0; tries < READY_TRIES && child.exitCode === null; tries++) {
        if (await answers(server.url)) return server
        await sleep(READY_PAUSE_MS)
      }
      await server.stop()
      throw new Error(`moto did not start. ${fault}`)
    },
    async look(env, at) {
      const asked = typeof at === 'string' ? [at] : []
      const looking = run(python, [script('look.py'), ...asked], { env: inPython(env) })
      looking.child.stdin?.end(JSON.stringify(at))
      return JSON.parse((await looking).stdout)
    },
  }
}

const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  )
