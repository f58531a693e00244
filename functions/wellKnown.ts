/**
 * GET /.well-known/jwks.json and /.well-known/revocations.jwt: the public keys of signed responses, and the leases that are
 * void before they expire. Public, for pages of every origin, and cacheable.
 */

import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Response } from '../lib/http/response.ts'
import { entry } from '../lib/lambda/entry.ts'
import { errorHandler } from '../lib/lambda/errorHandler.ts'
import { type RouteHandler, router } from '../lib/lambda/router.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { secretsManager, type WithSecrets } from '../lib/lambda/secrets.ts'
import { publishKeys, publishRevocations } from '../lib/signing/publish.ts'

/** Far shorter than the time that a new key is published before it signs. */
const KEYS_CACHE = 'public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400'
const REVOCATIONS_CACHE = 'public, max-age=60, stale-if-error=86400'

/** The time that one instance returns the same list, which bounds the reads of the table. */
const CACHED_MS = 10_000

type Handle = RouteHandler<WithSecrets<'signingKeys'>>

export function createHandler(runtime: Runtime) {
  const { clock, revocations } = runtime
  let cached: { readonly at: number; readonly list: string } | undefined

  const getKeys: Handle = async (_, { secrets: { signingKeys } }) => {
    const keys = JSON.stringify(await publishKeys(signingKeys, clock()))
    return cacheable('application/jwk-set+json', KEYS_CACHE, keys)
  }

  const getRevocations: Handle = async (_, { secrets: { signingKeys } }) => {
    const now = clock()
    if (!cached || Math.abs(now - cached.at) >= CACHED_MS) {
      const revoked = await revocations.list()
      cached = { at: now, list: await publishRevocations(signingKeys, revoked, now) }
    }
    return cacheable('application/jwt', REVOCATIONS_CACHE, cached.list)
  }

  return middy<APIGatewayProxyEventV2, Response>()
    .use(errorHandler(runtime))
    .use(secretsManager(runtime, ['signingKeys']))
    .handler(
      router({
        'GET /.well-known/jwks.json': getKeys,
        'GET /.well-known/revocations.jwt': getRevocations,
      }),
    )
}

const cacheable = (type: string, cache: string, body: string): Response => ({
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
