/**
 * GET /.well-known/jwks.json and /.well-known/revocations.jwt: by what signed answers are believed, and which leases are
 * void before their time. For anybody and from any page, and made to be kept by whatever lies between.
 */

import type { Response } from '../lib/http/response.ts'
import { endpoint } from '../lib/lambda/endpoint.ts'
import { entry } from '../lib/lambda/entry.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { publishKeys, publishRevocations } from '../lib/signing/publish.ts'

/** Far less than a new key is published before it signs. */
const KEYS_CACHE = 'public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400'
const REVOCATIONS_CACHE = 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400'

export function createHandler(runtime: Runtime) {
  const { clock, revocations } = runtime
  const options = { secrets: ['signingKeys'], cors: false } as const
  return endpoint(runtime, options, async (event, { signingKeys }) => {
    const now = clock()
    if (event.requestContext.http.path === '/.well-known/jwks.json') {
      const keys = JSON.stringify(await publishKeys(signingKeys, now))
      return open('application/jwk-set+json', KEYS_CACHE, keys)
    }
    const list = await publishRevocations(signingKeys, await revocations.list(), now)
    return open('application/jwt', REVOCATIONS_CACHE, list)
  })
}

const open = (type: string, cache: string, body: string): Response => ({
  statusCode: 200,
  headers: {
    'content-type': type,
    'cache-control': cache,
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
  },
  body,
})

export const handler = await entry(createHandler)
