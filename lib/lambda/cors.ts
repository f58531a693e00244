import httpCors from '@middy/http-cors'

/** What the pages of existing customers send; a preflight that names another header is refused by the browser. */
const HEADERS = [
  'content-type',
  'authorization',
  'idempotency-key',
  'x-origin',
  'x-payment-provider',
  'x-request-type',
  'x-version',
].join(',')

/** What a page may read of an answer that tells it to wait. */
const EXPOSED = 'retry-after,ratelimit,ratelimit-policy'

/** How long a browser may remember a preflight: two hours, the most that Chromium keeps. */
const MAX_AGE_SECONDS = 7200

/** Middleware that lets pages of the given origins read the answer. */
export const cors = (origins: readonly string[]) =>
  httpCors({
    origins: [...origins],
    headers: HEADERS,
    exposeHeaders: EXPOSED,
    methods: 'GET,POST,OPTIONS',
    maxAge: MAX_AGE_SECONDS,
  })
