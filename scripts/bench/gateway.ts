import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Server } from '../local/server.ts'
import type { Bench } from './part.ts'

export interface Memory {
  readonly rss: number
  readonly heapUsed: number
}

export interface Gateway extends Server {
  readonly pid: number | undefined
  /** What the process holds of memory after a collection, in bytes: all of it, and what its program can still reach. */
  memory(): Promise<Memory>
}

/** Serves the packaged functions over HTTP in a process of their own. */
export async function startGateway({
  stage,
  bundles,
}: Pick<Bench, 'stage' | 'bundles'>): Promise<Gateway> {
  const { functions } = stage.service
  const served = Object.entries(functions).flatMap(([name, { events }]) =>
    events.flatMap(({ httpApi }) => (httpApi === undefined ? [] : [{ route: httpApi, name }])),
  )
  const variables = served.map(({ name }) => stage.variablesOf(name))
  const child = fork(fileURLToPath(new URL('./serve.mjs', import.meta.url)), {
    execArgv: ['--expose-gc'],
    env: Object.assign({}, ...variables),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit').then(() => {})
  child.send(served.map(({ route, name }) => [route, bundles.of(name).file]))
  const died = exited.then(() => {
    throw new Error('The process of the functions ended')
  })
  died.catch(() => {})
  const [port] = await Promise.race([once(child, 'message'), died])
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    pid: child.pid,
    exited,
    async memory() {
      return (await (await fetch(`${url}/bench/memory`)).json()) as Memory
    },
    async stop() {
      child.kill()
      await exited
    },
  }
}
