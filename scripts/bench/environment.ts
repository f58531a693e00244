/** One execution environment of Lambda's: a process that runs a bundle, and the Runtime API that it asks for events. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { toServer } from '../local/server.ts'

const LOOP = fileURLToPath(new URL('./loop.mjs', import.meta.url))
const ID = 'invocation'

export interface Answer {
  readonly statusCode: number
  readonly body?: string
}

export interface Environment {
  /** From the start of the process until it asks for its first event, in milliseconds. */
  readonly readyMs: number
  /** What importing the bundle took of that, everything that it does at init included. */
  readonly importMs: number
  /** The same in processor time. */
  readonly importCpuMs: number
  /** Processor time of the process until it asked, in milliseconds. */
  readonly cpuMs: number
  /** @throws Error when the function failed */
  invoke(
    event: object,
  ): Promise<{ readonly answer: Answer; readonly ms: number; readonly cpuMs: number }>
  /** What the function wrote to its log, a line an entry. */
  readonly lines: string[]
  stop(): Promise<void>
}

const cpuOf = ({ headers }: IncomingMessage) => Number(headers['x-cpu-us']) / 1000

/** Starts a fresh process and waits until it is ready. */
export async function startEnvironment(
  bundle: string,
  variables: Readonly<Record<string, string>>,
): Promise<Environment> {
  let next: { request: IncomingMessage; response: ServerResponse } | undefined
  let asked = Promise.withResolvers<void>()
  let told = Promise.withResolvers<{ body: string; cpuMs: number }>()
  const http = createServer(async (request, response) => {
    if (request.url?.endsWith('/next')) {
      next = { request, response }
      asked.resolve()
      return
    }
    const body = await text(request)
    const cpuMs = cpuOf(request)
    response.writeHead(202).end()
    if (request.url?.endsWith('/error')) told.reject(new Error(body))
    else told.resolve({ body, cpuMs })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const api = toServer(http)

  const begun = performance.now()
  const child = spawn(process.execPath, [LOOP], {
    env: {
      ...variables,
      AWS_LAMBDA_RUNTIME_API: new URL(api.url).host,
      _HANDLER: bundle,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit').then(() => {})
  const lines: string[] = []
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    lines.push(...chunk.split('\n').filter(Boolean))
  })
  const died = exited.then(() => {
    throw new Error(`The process of ${bundle} ended`)
  })
  died.catch(() => {})
  await Promise.race([asked.promise, died])
  const readyMs = performance.now() - begun
  const first = next?.request
  if (!first) throw new Error('Nothing asked')

  return {
    readyMs,
    importMs: Number(first.headers['x-import-ms']),
    importCpuMs: Number(first.headers['x-import-cpu-us']) / 1000,
    cpuMs: cpuOf(first),
    lines,
    async invoke(event) {
      await Promise.race([asked.promise, died])
      const waiting = next
      if (!waiting) throw new Error('Nothing asked')
      asked = Promise.withResolvers()
      told = Promise.withResolvers()
      const cpuBefore = cpuOf(waiting.request)
      const from = performance.now()
      waiting.response.writeHead(200, { 'lambda-runtime-aws-request-id': ID })
      waiting.response.end(JSON.stringify(event))
      const { body, cpuMs } = await Promise.race([told.promise, died])
      const ms = performance.now() - from
      return { answer: JSON.parse(body), ms, cpuMs: cpuMs - cpuBefore }
    },
    async stop() {
      child.kill('SIGKILL')
      await exited
      await api.stop()
    },
  }
}
