import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import path from 'node:path'
import { bundleOf } from '../functions/bundle.ts'
import { watchBundles } from './bundles.ts'
import {
  createRouter,
  MAX_BODY_BYTES,
  OWN_RESPONSES,
  sendResponse,
  splitTarget,
  toEvent,
} from './httpApi.ts'
import { createLambda, type Lambda, TimedOut } from './lambda.ts'
import { type Server, toServer } from './server.ts'
import { type Service, variablesOf } from './service.ts'

/** Serves the functions at their routes. */
export interface Gateway extends Server {
  /**
   * Invokes a function by its name in serverless.yml, as AWS does for a stream or a schedule.
   *
   * @throws TimedOut, InvocationFailed
   */
  invoke(name: string, event: object): Promise<unknown>
}

interface GatewayOptions {
  readonly service: Service
  /** The port on the loopback interface. */
  readonly port: number
  /** The directory for the bundles. */
  readonly directory: string
  /** Additional variables of every function. */
  readonly variables: Readonly<Record<string, string>>
}

/**
 * Serves the functions of serverless.yml as API Gateway and Lambda do. As on AWS, CORS is left to the functions.
 *
 * @throws Error with esbuild's messages if a function cannot be built
 */
export async function startGateway({
  service,
  port,
  directory,
  variables,
}: GatewayOptions): Promise<Gateway> {
  const outdir = path.resolve(directory)
  const definitions = Object.entries(service.functions)
  const toFile = (handler: string) => path.join(outdir, bundleOf(handler))
  const lambdas = new Map(
    definitions.map(([key, definition]) => [
      key,
      createLambda({
        name: definition.name,
        bundle: toFile(definition.handler),
        variables: { ...variablesOf(service, key), ...variables },
        memorySize: definition.memorySize ?? service.provider.memorySize,
        timeoutSeconds: definition.timeout ?? service.provider.timeout,
      }),
    ]),
  )
  const bundles = await watchBundles(
    definitions.map(([, { handler }]) => handler),
    outdir,
    (files) => {
      for (const [key, { handler }] of definitions) {
        if (files.includes(toFile(handler))) lambdas.get(key)?.renew()
      }
    },
  )
  const findRoute = createRouter(
    definitions.flatMap(([key, { events }]) =>
      events.flatMap(({ httpApi }) => (httpApi === undefined ? [] : [[httpApi, key] as const])),
    ),
  )

  async function invoke(key: string, event: object): Promise<unknown> {
    await bundles.settled()
    return (lambdas.get(key) as Lambda).invoke(event)
  }

  async function respond(request: IncomingMessage): Promise<unknown> {
    const body = await readBody(request)
    if (!body) return OWN_RESPONSES.tooLarge
    const match = findRoute(`${request.method} ${splitTarget(request).path}`)
    if (!match) return OWN_RESPONSES.notFound
    try {
      return await invoke(match.target, toEvent(request, body, match))
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
      return error instanceof TimedOut ? OWN_RESPONSES.timedOut : OWN_RESPONSES.failed
    }
  }

  const http = createServer((request, response) => {
    respond(request).then(
      (value) => sendResponse(response, value),
      // The client disconnected.
      () => response.destroy(),
    )
  })
  const stopFunctions = () =>
    Promise.all([bundles.stop(), ...Array.from(lambdas.values(), (lambda) => lambda.stop())])
  try {
    http.listen(port, '127.0.0.1')
    await once(http, 'listening')
  } catch (error) {
    await stopFunctions()
    throw error
  }
  const server = toServer(http, 'localhost')
  return {
    ...server,
    invoke,
    async stop() {
      await Promise.all([server.stop(), stopFunctions()])
    },
  }
}

/** Reads a body. Returns undefined above the limit, after reading all of it, so that the client gets a response. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
    else chunks.length = 0
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks)
}
