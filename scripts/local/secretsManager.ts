import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Server, toServer } from './server.ts'

export interface LocalSecretsManager extends Server {
  /** Current values by name. */
  readonly secrets: Map<string, string>
  /** Number of reads by name. */
  readonly reads: Map<string, number>
  /** Names of created and replaced secrets, in order. */
  readonly writes: string[]
  /** Secrets that are scheduled for deletion. They exist, but cannot be read. */
  readonly deleted: Set<string>
  /** Restores the previous version with a value, as an administrator can. */
  restore(name: string, value: string): void
  /** While true, every request fails with a server error. */
  broken: boolean
}

interface SecretRequest {
  readonly SecretId?: string
  /** Used by CreateSecret in place of SecretId. */
  readonly Name?: string
  readonly ClientRequestToken?: string
  readonly SecretString?: string
}

const refusal = (__type: string) => ({ status: 400, __type })

/** Starts a stand-in for AWS Secrets Manager, which creates, reads and replaces secrets. `AWS_ENDPOINT_URL_SECRETS_MANAGER` directs the SDK to it. */
export async function startSecretsManager(
  initial: Readonly<Record<string, string>>,
): Promise<LocalSecretsManager> {
  const secrets = new Map(Object.entries(initial))
  const reads = new Map<string, number>()
  const writes: string[] = []
  const deleted = new Set<string>()
  /** Version ids by name, newest first. */
  const versions = new Map<string, readonly string[]>()
  const current = new Map<string, string>()

  const http = createServer(async (request, response) => {
    const input = JSON.parse(await text(request)) as SecretRequest
    const { status, ...output } = handle(`${request.headers['x-amz-target']}`, input)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(output))
  })

  function handle(target: string, input: SecretRequest) {
    const name = input.SecretId ?? input.Name ?? ''
    const action = target.replace('secretsmanager.', '')
    if (action === 'GetSecretValue') reads.set(name, (reads.get(name) ?? 0) + 1)
    if (server.broken) return { status: 500, __type: 'InternalServiceError' }
    const value = secrets.get(name)
    const isDeleted = deleted.has(name)
    if (action === 'CreateSecret') {
      if (isDeleted) return refusal('InvalidRequestException')
      return value === undefined ? put(name, input) : refusal('ResourceExistsException')
    }
    if (value === undefined) return refusal('ResourceNotFoundException')
    if (action === 'DescribeSecret') {
      return { status: 200, Name: name, ...(isDeleted && { DeletedDate: 0 }) }
    }
    if (isDeleted) return refusal('InvalidRequestException')
    if (action === 'PutSecretValue') return put(name, input)
    const VersionId = current.get(name) ?? ''
    return action === 'GetSecretValue'
      ? { status: 200, Name: name, SecretString: value, VersionId }
      : refusal('InvalidRequestException')
  }

  /** Stores a version. A version id can be used once. */
  function put(
    name: string,
    { ClientRequestToken: version = '', SecretString = '' }: SecretRequest,
  ) {
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
    restore(name, value) {
      const [, ...before] = versions.get(name) ?? []
      current.set(name, before[0] ?? '')
      secrets.set(name, value)
    },
  }
  return server
}
