import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import type { Env } from '../config.ts'
import type { Response } from '../http/response.ts'
import type { CoreRuntime } from './runtime.ts'

/** A handler whose context is Lambda's with what the middlewares of its chain add. */
type LambdaHandler<Event, Result, C = never> = (event: Event, context: C) => Promise<Result>
export type HttpHandler = LambdaHandler<APIGatewayProxyEventV2, Response>

/**
 * Returns the handler that Lambda calls. In Lambda, the runtime is created and its connections are opened while the
 * environment starts, the phase with a full processor. Elsewhere both wait for the first call, so that a module can be
 * imported without an environment.
 */
export async function entry<R extends Pick<CoreRuntime, 'metrics' | 'prime'>, Event, Result>(
  createRuntime: (env: Env) => R,
  createHandler: (runtime: R) => LambdaHandler<Event, Result>,
): Promise<LambdaHandler<Event, Result, Context>> {
  if (process.env['AWS_LAMBDA_FUNCTION_NAME'] === undefined) {
    let handler: LambdaHandler<Event, Result, Context> | undefined
    return (event, context) => {
      handler ??= withMetrics(createHandler, createRuntime(process.env))
      return handler(event, context)
    }
  }
  const runtime = createRuntime(process.env)
  const handler = withMetrics(createHandler, runtime)
  await runtime.prime()
  return handler
}

/** Flushes the metrics after each call, also after a failed one. */
function withMetrics<R extends Pick<CoreRuntime, 'metrics'>, Event, Result>(
  createHandler: (runtime: R) => LambdaHandler<Event, Result>,
  runtime: R,
): LambdaHandler<Event, Result, Context> {
  const handler = createHandler(runtime)
  return async (event, context) => {
    try {
      return await handler(event, context as never)
    } finally {
      runtime.metrics.flush(context.functionName)
    }
  }
}
