/**
 * The program of a worker thread that is one execution environment of a function: it loads a bundle and runs one
 * invocation at a time.
 */

import { parentPort, workerData } from 'node:worker_threads'
import type { Context } from 'aws-lambda'

/** The `workerData` of the thread. */
export interface EnvironmentData {
  /** The URL of the bundle. */
  readonly bundle: string
  readonly functionName: string
  /** Megabytes. */
  readonly memorySize: number
}

/** A message to the thread. The event is JSON, as in Lambda. */
export interface Invocation {
  readonly event: string
  readonly requestId: string
  /** The time at which the invocation times out, in milliseconds since the epoch. */
  readonly deadline: number
}

/** A message of the thread: one when the bundle is loaded, and one after each invocation. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly answer: string | undefined }
  | { readonly type: 'error'; readonly error: string }

const { bundle, functionName, memorySize } = workerData as EnvironmentData
const report = (message: Report) => parentPort?.postMessage(message)

const { handler } = (await import(bundle)) as {
  handler: (event: unknown, context: Context) => Promise<unknown>
}

const contextOf = ({ requestId, deadline }: Invocation) =>
  ({
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    memoryLimitInMB: `${memorySize}`,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }) as Context

parentPort?.on('message', async (invocation: Invocation) => {
  try {
    const answer = await handler(JSON.parse(invocation.event), contextOf(invocation))
    report({ type: 'answer', answer: JSON.stringify(answer) })
  } catch (error) {
    report({ type: 'error', error: (error instanceof Error && error.stack) || `${error}` })
  }
})
report({ type: 'ready' })
