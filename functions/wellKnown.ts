/**
 * GET /.well-known/jwks.json and /.well-known/revocations.jwt: by what signed answers are believed, and which leases are
 * void before their time. For anybody and from any page, and made to be kept by whatever lies between.
 */

import type { Response } from '../lib/http/response.ts'
import { endpoint } from '../lib/lambda/endpoint.ts'
import { entry } from '../lib/lambda/entry.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { publishKeys, publishRevocations } from '../lib/signing/publish.ts'

/** Far less than a new key is published before it signs. */
const KEYS_CACHE = 'public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400'
const REVOCATIONS_CACHE = 'public, max-age=60, stale-if-error=86400'

/** How long a function answers the list that it has: whoever asks more often costs nothing. */
const HELD_MS = 10_000

export function createHandler(runtime: Runtime) {
  const { clock, revocations } = runtime
  const options = { secrets: ['signingKeys'], cors: false } as const
  let held: { readonly at: number; readonly list: string } | undefined
  return endpoint(runtime, options, async (event, { signingKeys }) => {
    const now = clock()
    if (event.requestContext.http.path === '/.well-known/jwks.json') {
      const keys = JSON.stringify(await publishKeys(signingKeys, now))
      return open('application/jwk-set+json', KEYS_CACHE, keys)
    }
    if (!held || Math.abs(now - held.at) >= HELD_MS) {
      const known = await revocations.list()
      held = { at: now, list: await publishRevocations(signingKeys, known, now) }
    }
    const { list } = held
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

export const handler = await entry(createRuntime, createHandler)
