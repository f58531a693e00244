import type { Handler } from './endpoint.ts'
import { createRuntime, type Runtime } from './runtime.ts'

/**
 * The handler that Lambda calls. In Lambda it is made, with its connections, while the environment starts: that
 * time has a full processor. Anywhere else nothing happens until the first call, so that a file can be imported.
 */
export async function entry(createHandler: (runtime: Runtime) => Handler): Promise<Handler> {
  if (process.env['AWS_LAMBDA_FUNCTION_NAME'] === undefined) {
    let handler: Handler | undefined
    return (event, context) => {
      handler ??= createHandler(createRuntime(process.env))
      return handler(event, context)
    }
  }
  const runtime = createRuntime(process.env)
  const handler = createHandler(runtime)
  await runtime.prime()
  return handler
}
