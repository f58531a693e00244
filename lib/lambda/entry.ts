import type { Context } from 'aws-lambda'
import { createRuntime, type Runtime } from './runtime.ts'

type Handler<Event, Answer> = (event: Event, context: Context) => Promise<Answer>

/**
 * The handler that Lambda calls. In Lambda it is made, with its connections, while the environment starts: that
 * time has a full processor. Anywhere else nothing happens until the first call, so that a file can be imported.
 */
export async function entry<Event, Answer>(
  createHandler: (runtime: Runtime) => Handler<Event, Answer>,
): Promise<Handler<Event, Answer>> {
  if (process.env['AWS_LAMBDA_FUNCTION_NAME'] === undefined) {
    let handler: Handler<Event, Answer> | undefined
    return (event, context) => {
      handler ??= measured(createHandler, createRuntime(process.env))
      return handler(event, context)
    }
  }
  const runtime = createRuntime(process.env)
  const handler = measured(createHandler, runtime)
  await runtime.prime()
  return handler
}

/** Tells at the end of each call what it took, whatever came of it. */
function measured<Event, Answer>(
  createHandler: (runtime: Runtime) => Handler<Event, Answer>,
  runtime: Runtime,
): Handler<Event, Answer> {
  const handler = createHandler(runtime)
  return async (event, context) => {
    try {
      return await handler(event, context)
    } finally {
      runtime.metrics.close(context.functionName)
    }
  }
}
