import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Server, toServer } from './server.ts'

export interface LocalSecretsManager extends Server {
  /** The secrets by name, as they are now. */
  readonly secrets: Map<string, string>
  /** How many times each secret was asked for. */
  readonly reads: Map<string, number>
  /** Makes the version before the current one again, as an administrator can. */
  putBack(name: string, value: string): void
  /** While set, every request fails on the side of the service. */
  broken: boolean
}

interface Asked {
  readonly SecretId: string
  readonly ClientRequestToken?: string
  readonly SecretString?: string
}

/** As much of AWS Secrets Manager as reading and replacing a secret takes. The SDK goes to it by `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
export async function startSecretsManager(
  initial: Readonly<Record<string, string>>,
): Promise<LocalSecretsManager> {
  const secrets = new Map(Object.entries(initial))
  const reads = new Map<string, number>()
  /** The names of each secret's versions, newest first. */
  const versions = new Map<string, readonly string[]>()
  const current = new Map<string, string>()

  const http = createServer(async (request, response) => {
    const asked = JSON.parse(await text(request)) as Asked
    const { status, ...answer } = answerTo(request.headers['x-amz-target'], asked)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(answer))
  })

  function answerTo(target: string | string[] | undefined, asked: Asked) {
    const { SecretId: name } = asked
    const isRead = target === 'secretsmanager.GetSecretValue'
    if (isRead) reads.set(name, (reads.get(name) ?? 0) + 1)
    if (server.broken) return { status: 500, __type: 'InternalServiceError' }
    const value = secrets.get(name)
    if (value === undefined) return { status: 400, __type: 'ResourceNotFoundException' }
    if (target === 'secretsmanager.PutSecretValue') return put(asked)
    const VersionId = current.get(name) ?? ''
    return isRead
      ? { status: 200, Name: name, SecretString: value, VersionId }
      : { status: 400, __type: 'InvalidRequestException' }
  }

  /** A name for a version is taken once, as the service does it. */
  function put({ SecretId: name, ClientRequestToken: version = '', SecretString = '' }: Asked) {
    const known = versions.get(name) ?? []
    if (known.includes(version)) return { status: 400, __type: 'ResourceExistsException' }
    versions.set(name, [version, ...known])
    current.set(name, version)
    secrets.set(name, SecretString)
    return { status: 200, Name: name, VersionId: version }
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server: LocalSecretsManager = {
    ...toServer(http),
    secrets,
    reads,
    broken: false,
    putBack(name, value) {
      const [, ...before] = versions.get(name) ?? []
      current.set(name, before[0] ?? '')
      secrets.set(name, value)
    },
  }
  return server
}
