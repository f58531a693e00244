import type { Context } from 'aws-lambda'
import type { Env } from '../config.ts'
import type { Runtime } from './runtime.ts'

export type Answering<Event, Answer> = (event: Event, context: Context) => Promise<Answer>

/** What every runtime has, whatever its functions ask of it. */
export type Startable = Pick<Runtime, 'metrics' | 'prime'>

/**
 * The handler that Lambda calls. In Lambda it is made, with its connections, while the environment starts: that
 * time has a full processor. Anywhere else nothing happens until the first call, so that a file can be imported.
 */
export async function startIn<Of extends Startable, Event, Answer>(
  env: Env,
  createRuntime: (env: Env) => Of,
  createHandler: (runtime: Of) => Answering<Event, Answer>,
): Promise<Answering<Event, Answer>> {
  if (env['AWS_LAMBDA_FUNCTION_NAME'] === undefined) {
    let handler: Answering<Event, Answer> | undefined
    return (event, context) => {
      handler ??= measured(createHandler, createRuntime(env))
      return handler(event, context)
    }
  }
  const runtime = createRuntime(env)
  const handler = measured(createHandler, runtime)
  await runtime.prime()
  return handler
}

/** Tells at the end of each call what it took, whatever came of it. */
function measured<Of extends Startable, Event, Answer>(
  createHandler: (runtime: Of) => Answering<Event, Answer>,
  runtime: Of,
): Answering<Event, Answer> {
  const handler = createHandler(runtime)
  return async (event, context) => {
    try {
      return await handler(event, context)
    } finally {
      runtime.metrics.close(context.functionName)
    }
  }
}
