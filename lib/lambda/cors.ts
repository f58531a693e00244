import middy from '@middy/core'
import httpCors from '@middy/http-cors'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { corsOrigins } from '../config.ts'
import type { Response } from '../http/response.ts'
import type { HttpHandler } from './entry.ts'

/** The headers that pages of existing customers send. A browser refuses to send any other. */
const HEADERS = [
  'content-type',
  'authorization',
  'idempotency-key',
  'x-origin',
  'x-payment-provider',
  'x-request-type',
  'x-version',
].join(',')

/** The headers that a page needs to handle a rate limit. */
const EXPOSED = 'retry-after,ratelimit,ratelimit-policy'

/** The time a browser may cache a preflight: two hours, the most that Chromium allows. */
const MAX_AGE_SECONDS = 7200

/** Middleware that lets pages of the given origins read the response. */
export const cors = (origins: readonly string[]) =>
  httpCors({
    origins: [...origins],
    headers: HEADERS,
    exposeHeaders: EXPOSED,
    methods: 'GET,POST,OPTIONS',
    maxAge: MAX_AGE_SECONDS,
  })

/** Responds to a preflight with CORS headers only. */
export const createPreflight = (origins: readonly string[]): HttpHandler =>
  middy<APIGatewayProxyEventV2, Response>()
    .use(cors(origins))
    .handler(async () => ({ statusCode: 204 }))

/** Like `entry`, reads the environment on the first call; unlike it, needs no AWS client. */
export function preflightEntry(): HttpHandler {
  let handler: HttpHandler | undefined
  return (event, context) => {
    handler ??= createPreflight(corsOrigins(process.env))
    return handler(event, context)
  }
}
