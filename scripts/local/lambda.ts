import { randomUUID } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { EnvironmentData, Invocation, Report } from './lambdaWorker.ts'

/** An invocation that took longer than the function's timeout. */
export class TimedOut extends Error {}

/** An invocation whose handler threw, or whose execution environment ended. */
export class InvocationFailed extends Error {}

export interface LambdaOptions {
  /** The name on AWS. */
  readonly name: string
  /** The file of the bundle. */
  readonly bundle: string
  readonly variables: Readonly<Record<string, string>>
  /** Megabytes. */
  readonly memorySize: number
  readonly timeoutSeconds: number
}

/** A function that runs as in Lambda. */
export interface Lambda {
  /**
   * Invokes the function and returns its result.
   *
   * @throws TimedOut after the function's timeout
   * @throws InvocationFailed if the handler throws or its environment ends
   */
  invoke(event: object): Promise<unknown>
  /** Runs later invocations in new environments, with the current bundle. */
  renew(): void
  /** Ends all environments and their running invocations. */
  stop(): Promise<void>
}

/** Limit of concurrent invocations per function; further ones wait. New AWS accounts have ten. */
const MAX_ENVIRONMENTS = 10

/** Time limit to load a bundle. Lambda's is ten seconds, which a slow machine may exceed. */
const LOAD_SECONDS = 60

const PROGRAM = new URL('./lambdaWorker.ts', import.meta.url)

/**
 * Creates a function that runs in worker threads. As in Lambda, each environment runs one invocation at a time and is
 * reused. So module state behaves as on AWS, and a timeout ends no other invocation.
 */
export function createLambda(options: LambdaOptions): Lambda {
  const all = new Set<Environment>()
  const idle: Environment[] = []
  const waiting: (() => void)[] = []
  let current = new Set<Environment>()

  function start(): Environment {
    const environment = startEnvironment(options)
    all.add(environment)
    current.add(environment)
    void environment.ended.then(() => {
      all.delete(environment)
      current.delete(environment)
      const index = idle.indexOf(environment)
      if (index !== -1) idle.splice(index, 1)
      waiting.shift()?.()
    })
    return environment
  }

  async function take(): Promise<Environment> {
    for (;;) {
      const environment = idle.pop()
      if (environment) return environment
      if (all.size < MAX_ENVIRONMENTS) return start()
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }

  function release(environment: Environment): void {
    if (environment.isUsable() && current.has(environment)) {
      idle.push(environment)
      waiting.shift()?.()
    } else {
      environment.end()
    }
  }

  return {
    async invoke(event) {
      const environment = await take()
      try {
        return await environment.invoke(event)
      } finally {
        release(environment)
      }
    },
    renew() {
      current = new Set()
      for (const environment of idle.splice(0)) environment.end()
    },
    async stop() {
      for (const environment of all) environment.end()
      await Promise.all([...all].map(({ ended }) => ended))
    },
  }
}

interface Environment {
  invoke(event: object): Promise<unknown>
  end(): void
  /** Returns false once the thread is ending or has ended. */
  isUsable(): boolean
  /** Resolves once the thread has exited. */
  readonly ended: Promise<void>
}

function startEnvironment(options: LambdaOptions): Environment {
  const { name, bundle, variables, memorySize, timeoutSeconds } = options
  const workerData: EnvironmentData = {
    bundle: pathToFileURL(bundle).href,
    functionName: name,
    memorySize,
  }
  const worker = new Worker(PROGRAM, {
    name,
    workerData,
    env: variables,
    resourceLimits: { maxOldGenerationSizeMb: memorySize },
  })
  let isUsable = true
  const end = () => {
    isUsable = false
    void worker.terminate()
  }
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      isUsable = false
      resolve()
    })
  })
  let cause = 'the execution environment ended'
  worker.on('error', (error: Error) => {
    cause = error.stack ?? error.message
  })

  /** Waits for the next message. Ends the thread on a timeout. */
  function nextReport(seconds: number): Promise<Report> {
    const { promise, resolve, reject } = Promise.withResolvers<Report>()
    const onExit = () => reject(new InvocationFailed(`${name}: ${cause}`))
    const timer = setTimeout(() => {
      reject(new TimedOut(`${name}: timed out after ${seconds} s`))
      end()
    }, seconds * 1000)
    worker.once('message', resolve)
    worker.once('exit', onExit)
    return promise.finally(() => {
      clearTimeout(timer)
      worker.off('message', resolve)
      worker.off('exit', onExit)
    })
  }

  const loaded = nextReport(LOAD_SECONDS)
  return {
    ended,
    end,
    isUsable: () => isUsable,
    async invoke(event) {
      await loaded
      const invocation: Invocation = {
        event: JSON.stringify(event),
        requestId: randomUUID(),
        deadline: Date.now() + timeoutSeconds * 1000,
      }
      worker.postMessage(invocation)
      const report = await nextReport(timeoutSeconds)
      if (report.type === 'error') throw new InvocationFailed(`${name}: ${report.error}`)
      return report.type === 'answer' && report.answer !== undefined
        ? JSON.parse(report.answer)
        : null
    },
  }
}
