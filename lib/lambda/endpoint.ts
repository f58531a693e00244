import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { SecretName } from '../config.ts'
import type { Response } from '../http/response.ts'
import { MasterKeyFault } from '../license/index.ts'
import { cors } from './cors.ts'
import type { HttpHandler } from './entry.ts'
import { errorHandler } from './errorHandler.ts'
import type { Runtime } from './runtime.ts'
import { createSecretsLoader, type Secrets } from './secrets.ts'

interface Options<Name extends SecretName> {
  readonly secrets: readonly Name[]
  /** Whether pages of the configured origins may call it. */
  readonly cors: boolean
  /** Joins the body of every answer that says the request was wrong. */
  readonly refusal?: object
  /** What every answer that says the fault is ours counts as, besides. */
  readonly failure?: string
}

/**
 * The one chain of middleware around a handler that uses secrets. Errors pass it in reverse, so a problem becomes
 * an answer before the cross-origin headers are put on it.
 */
export function endpoint<Name extends SecretName>(
  runtime: Pick<Runtime, 'corsOrigins' | 'log' | 'metrics' | 'secretCache' | 'secretIds'>,
  options: Options<Name>,
  respond: (event: APIGatewayProxyEventV2, secrets: Pick<Secrets, Name>) => Promise<Response>,
): HttpHandler {
  const { corsOrigins, secretCache } = runtime
  const load = createSecretsLoader(runtime, options.secrets)

  const chain = middy<APIGatewayProxyEventV2, Response>()
  if (options.cors) chain.use(cors(corsOrigins))
  chain.use(errorHandler(runtime, options))

  return chain.handler(async (event) => {
    const secrets = await load()
    try {
      return await respond(event, secrets)
    } catch (error) {
      if (!(error instanceof MasterKeyFault)) throw error
      // Another instance may have seen a new key ring before this one.
      secretCache.expire()
      return respond(event, await load())
    }
  }) as unknown as HttpHandler
}
