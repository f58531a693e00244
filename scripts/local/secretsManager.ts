import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Server } from './server.ts'

export interface LocalSecretsManager extends Server {
  /** The secrets by name, as they are now. */
  readonly secrets: Map<string, string>
  /** How many times each secret was asked for. */
  readonly reads: Map<string, number>
  /** While set, every request fails on the side of the service. */
  broken: boolean
}

/** As much of AWS Secrets Manager as reading a secret takes. The SDK goes to it by `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
export async function startSecretsManager(
  initial: Readonly<Record<string, string>>,
): Promise<LocalSecretsManager> {
  const secrets = new Map(Object.entries(initial))
  const reads = new Map<string, number>()

  const http = createServer(async (request, response) => {
    const { SecretId } = JSON.parse(await text(request)) as { SecretId: string }
    reads.set(SecretId, (reads.get(SecretId) ?? 0) + 1)
    const { status, ...answer } = answerTo(request.headers['x-amz-target'], SecretId)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(answer))
  })

  function answerTo(target: string | string[] | undefined, name: string) {
    if (server.broken) return { status: 500, __type: 'InternalServiceError' }
    if (target !== 'secretsmanager.GetSecretValue') {
      return { status: 400, __type: 'InvalidRequestException' }
    }
    const value = secrets.get(name)
    return value === undefined
      ? { status: 400, __type: 'ResourceNotFoundException' }
      : { status: 200, Name: name, SecretString: value, VersionStages: ['AWSCURRENT'] }
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const exited = once(http, 'close').then(() => {})
  const server: LocalSecretsManager = {
    url: `http://127.0.0.1:${port}`,
    secrets,
    reads,
    broken: false,
    exited,
    async stop() {
      http.close()
      http.closeAllConnections()
      await exited
    },
  }
  return server
}
