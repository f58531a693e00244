import { randomBytes, randomUUID } from 'node:crypto'
import { readRevocationList, readToken } from '../../clients/typescript/src/token.ts'
import { importTrustedKeys, type PublishedKeys } from '../../clients/typescript/src/trustedKeys.ts'
import { catalog } from '../../lib/catalog/catalog.ts'
import type { Answer, Ask } from './ask.ts'

/** A question to a service, and the one good answer to it, in words. */
export interface Check {
  readonly title: string
  readonly expected: string
  /** Asks. @throws Error in a few words while there is no answer */
  came(): Promise<string>
}

interface Asked {
  /** An API token with the scope `licenses:read`. */
  readonly token?: string | undefined
  /** An origin whose pages are to be allowed in. */
  readonly origin?: string | undefined
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** Nobody can own it (RFC 2606). */
const STRANGER = 'https://smoke.invalid'

/** Has the form of a key and is none: no license was issued a second after the epoch. */
const aKeyOfNobody = () =>
  `${catalog.prefix}-${catalog.fallbackTier.toUpperCase()}-${randomBytes(6).toString('hex')}-1`

const coded = ({ status, body }: Answer) =>
  `${status} ${body['code'] ?? body['message'] ?? 'without a code'}`

/** All checks, in the order in which a fault in one explains those in the next. Nothing that they do stays. */
export function checksOf(ask: Ask, { token, origin }: Asked): readonly Check[] {
  const nonce = randomUUID()
  let signed: unknown

  async function trust() {
    const { body } = await ask('GET', '/.well-known/jwks.json')
    const { keys = [], endorsements = [] } = body as Partial<PublishedKeys>
    return importTrustedKeys(keys, endorsements)
  }

  const preflight = (from: string) => async () => {
    const { status, headers } = await ask('OPTIONS', '/api/verify', {
      headers: { origin: from, 'access-control-request-method': 'POST' },
    })
    return `${status} allowing ${headers.get('access-control-allow-origin') ?? 'nobody'}`
  }

  const open: Check[] = [
    {
      title: 'GET /health',
      expected: '200 healthy',
      async came() {
        const { status, body } = await ask('GET', '/health')
        return `${status} ${body['status'] ?? 'and nothing of health'}`
      },
    },
    {
      // Gateway, function, secrets and database. It counts as a failed try of this address, so it is asked once.
      title: 'POST /api/verify of a key that does not exist',
      expected: '401 NOT_FOUND, valid: false',
      async came() {
        const body = JSON.stringify({ license: aKeyOfNobody(), nonce })
        const answer = await ask('POST', '/api/verify', { headers: JSON_TYPE, body })
        signed = answer.body['token']
        return `${coded(answer)}, valid: ${answer.body['valid']}`
      },
    },
    {
      title: 'what it signed, by GET /.well-known/jwks.json',
      expected: 'NOT_FOUND to this request, signed',
      async came() {
        const read = await readToken(signed, {
          trustedKeys: await trust(),
          deviceId: undefined,
          nonce,
        })
        return read.ok
          ? `${read.claims.code} to this request, signed`
          : `a token that is not to be believed: ${read.reason}`
      },
    },
    {
      title: 'GET /.well-known/revocations.jwt',
      expected: '200, signed',
      async came() {
        const { status, text } = await ask('GET', '/.well-known/revocations.jwt')
        const list = await readRevocationList(text, await trust())
        return `${status}, ${list ? 'signed' : 'and not signed by a key that is published'}`
      },
    },
    {
      title: 'POST /api/generate without a token',
      expected: '401 UNAUTHORIZED',
      came: async () =>
        coded(await ask('POST', '/api/generate', { headers: JSON_TYPE, body: '{}' })),
    },
    {
      title: 'POST /webhooks/stripe with a wrong signature',
      expected: '400 INVALID_SIGNATURE',
      async came() {
        const second = Math.floor(Date.now() / 1000)
        const headers = { ...JSON_TYPE, 'stripe-signature': `t=${second},v1=${'0'.repeat(64)}` }
        return coded(await ask('POST', '/webhooks/stripe', { headers, body: '{}' }))
      },
    },
    {
      title: `OPTIONS /api/verify for a page of ${STRANGER}`,
      expected: '204 allowing nobody',
      came: preflight(STRANGER),
    },
    {
      title: 'GET /admin',
      expected: '200, a page that speaks to nobody else',
      async came() {
        const { status, headers, text } = await ask('GET', '/admin')
        const policy = headers.get('content-security-policy') ?? ''
        const isAlone =
          policy.includes("default-src 'none'") && policy.includes("connect-src 'self'")
        const page = text.startsWith('<!doctype html>') ? 'a page' : 'no page'
        return `${status}, ${page} that speaks to ${isAlone ? 'nobody else' : 'anybody'}`
      },
    },
    {
      title: 'GET of an unknown route',
      expected: '404',
      came: async () => `${(await ask('GET', '/no-such-route')).status}`,
    },
    {
      title: 'POST /api/verify of no JSON',
      expected: '400 INVALID_REQUEST',
      came: async () => coded(await ask('POST', '/api/verify', { headers: JSON_TYPE, body: '{' })),
    },
  ]
  if (origin !== undefined) {
    open.push({
      title: `OPTIONS /api/verify for a page of ${origin}`,
      expected: `204 allowing ${origin}`,
      came: preflight(origin),
    })
  }
  if (token !== undefined) {
    open.push({
      title: 'GET /api/admin/licenses with the token',
      expected: '200 and a list',
      async came() {
        const answer = await ask('GET', '/api/admin/licenses?limit=1', {
          headers: { authorization: `Bearer ${token}` },
        })
        return Array.isArray(answer.body['items']) ? `${answer.status} and a list` : coded(answer)
      },
    })
  }
  return open
}
