import { randomBytes, randomUUID } from 'node:crypto'
import { readRevocationList, readToken } from '../../clients/typescript/src/token.ts'
import { importTrustedKeys, type PublishedKeys } from '../../clients/typescript/src/trustedKeys.ts'
import { catalog } from '../../lib/catalog/catalog.ts'

/** A smoke check with its expected result. */
export interface Check {
  readonly title: string
  readonly expected: string
  /** Returns the result. @throws Error with a short message without a response */
  run(): Promise<string>
}

interface CheckOptions {
  readonly url: string
  readonly token?: string | undefined
  readonly origin?: string | undefined
}

interface Response {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body if it is a JSON object, otherwise an empty object. */
  readonly body: Readonly<Record<string, unknown>>
}

/** Exceeds the timeout of every function. */
const TIMEOUT_MS = 15_000

const JSON_TYPE = { 'content-type': 'application/json' }

/** An origin that cannot exist (RFC 2606). */
const FOREIGN_ORIGIN = 'https://smoke.invalid'

const createRequest =
  (url: string) =>
  async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...init,
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, body: parse(text) }
    } catch (error) {
      // fetch wraps the reason in a TypeError.
      const { code, message } = Object((error as Error).cause ?? error)
      throw new Error(`no response (${code ?? message})`, { cause: error })
    }
  }

function parse(text: string): Response['body'] {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** Creates a key that was never issued: it is derived from the second after the epoch. */
const createUnknownKey = () =>
  `${catalog.prefix}-${catalog.fallbackTier.toUpperCase()}-${randomBytes(6).toString('hex')}-1`

const formatCode = ({ status, body }: Response) =>
  `${status} ${body['code'] ?? body['message'] ?? 'without a code'}`

/** Creates the checks. A failure can explain those that follow it. No check changes anything. */
export function createChecks({ url, token, origin }: CheckOptions): readonly Check[] {
  const request = createRequest(url)
  const post = (path: string, body: string, headers = {}) =>
    request('POST', path, { headers: { ...JSON_TYPE, ...headers }, body })
  const nonce = randomUUID()
  let signed: unknown

  async function readTrustedKeys() {
    const { body } = await request('GET', '/.well-known/jwks.json')
    const { keys = [], endorsements = [] } = body as Partial<PublishedKeys>
    return importTrustedKeys(keys, endorsements)
  }

  const preflight = async (from: string) => {
    const { status, headers } = await request('OPTIONS', '/api/verify', {
      headers: { origin: from, 'access-control-request-method': 'POST' },
    })
    return `${status} allowing ${headers.get('access-control-allow-origin') ?? 'no origin'}`
  }

  const checks: Check[] = [
    {
      title: 'GET /health',
      expected: '200 healthy',
      async run() {
        const { status, body } = await request('GET', '/health')
        return `${status} ${body['status'] ?? 'without a status'}`
      },
    },
    {
      // Involves gateway, function, secrets and database. Counts as a failed attempt of this address, so it runs once.
      title: 'POST /api/verify with an unknown key',
      expected: '401 NOT_FOUND, valid: false',
      async run() {
        const body = JSON.stringify({ license: createUnknownKey(), nonce })
        const response = await post('/api/verify', body)
        signed = response.body['token']
        return `${formatCode(response)}, valid: ${response.body['valid']}`
      },
    },
    {
      title: 'its token, by GET /.well-known/jwks.json',
      expected: 'NOT_FOUND for this request, signed',
      async run() {
        const trustedKeys = await readTrustedKeys()
        const read = await readToken(signed, { trustedKeys, deviceId: undefined, nonce })
        return read.ok
          ? `${read.claims.code} for this request, signed`
          : `an untrusted token: ${read.reason}`
      },
    },
    {
      title: 'GET /.well-known/revocations.jwt',
      expected: '200, signed',
      async run() {
        const { status, text } = await request('GET', '/.well-known/revocations.jwt')
        const isSigned = await readRevocationList(text, await readTrustedKeys())
        return `${status}, ${isSigned ? 'signed' : 'not signed by a published key'}`
      },
    },
    {
      title: 'POST /api/generate without a token',
      expected: '401 UNAUTHORIZED',
      run: async () => formatCode(await post('/api/generate', '{}')),
    },
    {
      title: 'POST /webhooks/stripe with a wrong signature',
      expected: '400 INVALID_SIGNATURE',
      async run() {
        const signature = `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`
        return formatCode(await post('/webhooks/stripe', '{}', { 'stripe-signature': signature }))
      },
    },
    {
      title: `OPTIONS /api/verify from ${FOREIGN_ORIGIN}`,
      expected: '204 allowing no origin',
      run: () => preflight(FOREIGN_ORIGIN),
    },
    {
      title: 'GET /admin',
      expected: '200, a page that can call only itself',
      async run() {
        const { status, headers, text } = await request('GET', '/admin')
        const policy = headers.get('content-security-policy') ?? ''
        const isClosed =
          policy.includes("default-src 'none'") && policy.includes("connect-src 'self'")
        const page = text.startsWith('<!doctype html>') ? 'a page' : 'no page'
        return `${status}, ${page} that can call ${isClosed ? 'only itself' : 'other servers'}`
      },
    },
    {
      title: 'GET of an unknown route',
      expected: '404',
      run: async () => `${(await request('GET', '/no-such-route')).status}`,
    },
    {
      title: 'POST /api/verify without JSON',
      expected: '400 INVALID_REQUEST',
      run: async () => formatCode(await post('/api/verify', '{')),
    },
  ]
  if (origin !== undefined) {
    checks.push({
      title: `OPTIONS /api/verify from ${origin}`,
      expected: `204 allowing ${origin}`,
      run: () => preflight(origin),
    })
  }
  if (token !== undefined) {
    checks.push({
      title: 'GET /api/admin/licenses with the token',
      expected: '200 with a list',
      async run() {
        const headers = { authorization: `Bearer ${token}` }
        const response = await request('GET', '/api/admin/licenses?limit=1', { headers })
        const isList = Array.isArray(response.body['items'])
        return isList ? `${response.status} with a list` : formatCode(response)
      },
    })
  }
  return checks
}
