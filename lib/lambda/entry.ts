import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import type { Env } from '../config.ts'
import type { Response } from '../http/response.ts'
import type { CoreRuntime } from './runtime.ts'

export type HttpHandler = LambdaHandler<APIGatewayProxyEventV2, Response>
type LambdaHandler<Event, Result> = (event: Event, context: Context) => Promise<Result>

/**
 * Returns the handler that Lambda calls. In Lambda, the runtime is created and its connections are opened while the
 * environment starts, the phase with a full processor. Elsewhere both wait for the first call, so that a module can be
 * imported without an environment.
 */
export async function entry<R extends Pick<CoreRuntime, 'metrics' | 'prime'>, Event, Result>(
  createRuntime: (env: Env) => R,
  createHandler: (runtime: R) => LambdaHandler<Event, Result>,
): Promise<LambdaHandler<Event, Result>> {
  if (process.env['AWS_LAMBDA_FUNCTION_NAME'] === undefined) {
    let handler: LambdaHandler<Event, Result> | undefined
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
): LambdaHandler<Event, Result> {
  const handler = createHandler(runtime)
  return async (event, context) => {
    try {
      return await handler(event, context)
    } finally {
      runtime.metrics.close(context.functionName)
    }
  }
}
