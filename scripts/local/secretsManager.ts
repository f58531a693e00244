import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Server, toServer } from './server.ts'

export interface LocalSecretsManager extends Server {
  /** The secrets by name, as they are now. */
  readonly secrets: Map<string, string>
  /** How many times each secret was asked for. */
  readonly reads: Map<string, number>
  /** The names of the secrets that were made or replaced, in order. */
  readonly writes: string[]
  /** The secrets that are scheduled for deletion: there, and not to be read. */
  readonly deleted: Set<string>
  /** Makes the version before the current one again, as an administrator can. */
  putBack(name: string, value: string): void
  /** While set, every request fails on the side of the service. */
  broken: boolean
}

interface Asked {
  readonly SecretId?: string
  /** What it is called while it is made. */
  readonly Name?: string
  readonly ClientRequestToken?: string
  readonly SecretString?: string
}

const refusal = (__type: string) => ({ status: 400, __type })

/** As much of AWS Secrets Manager as making, reading and replacing a secret takes. The SDK goes to it by `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
export async function startSecretsManager(
  initial: Readonly<Record<string, string>>,
): Promise<LocalSecretsManager> {
  const secrets = new Map(Object.entries(initial))
  const reads = new Map<string, number>()
  const writes: string[] = []
  const deleted = new Set<string>()
  /** The names of each secret's versions, newest first. */
  const versions = new Map<string, readonly string[]>()
  const current = new Map<string, string>()

  const http = createServer(async (request, response) => {
    const asked = JSON.parse(await text(request)) as Asked
    const { status, ...answer } = answerTo(`${request.headers['x-amz-target']}`, asked)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(answer))
  })

  function answerTo(target: string, asked: Asked) {
    const name = asked.SecretId ?? asked.Name ?? ''
    const action = target.replace('secretsmanager.', '')
    if (action === 'GetSecretValue') reads.set(name, (reads.get(name) ?? 0) + 1)
    if (server.broken) return { status: 500, __type: 'InternalServiceError' }
    const value = secrets.get(name)
    const isDeleted = deleted.has(name)
    if (action === 'CreateSecret') {
      if (isDeleted) return refusal('InvalidRequestException')
      return value === undefined ? put(name, asked) : refusal('ResourceExistsException')
    }
    if (value === undefined) return refusal('ResourceNotFoundException')
    if (action === 'DescribeSecret') {
      return { status: 200, Name: name, ...(isDeleted && { DeletedDate: 0 }) }
    }
    if (isDeleted) return refusal('InvalidRequestException')
    if (action === 'PutSecretValue') return put(name, asked)
    const VersionId = current.get(name) ?? ''
    return action === 'GetSecretValue'
      ? { status: 200, Name: name, SecretString: value, VersionId }
      : refusal('InvalidRequestException')
  }

  /** A name for a version is taken once, as the service does it. */
  function put(name: string, { ClientRequestToken: version = '', SecretString = '' }: Asked) {
    const known = versions.get(name) ?? []
    if (known.includes(version)) return refusal('ResourceExistsException')
    versions.set(name, [version, ...known])
    current.set(name, version)
    secrets.set(name, SecretString)
    writes.push(name)
    return { status: 200, Name: name, VersionId: version }
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server: LocalSecretsManager = {
    ...toServer(http),
    secrets,
    reads,
    writes,
    deleted,
    broken: false,
    putBack(name, value) {
      const [, ...before] = versions.get(name) ?? []
      current.set(name, before[0] ?? '')
      secrets.set(name, value)
    },
  }
  return server
}
