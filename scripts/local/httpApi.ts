/** Routing, events and responses of API Gateway's HTTP API with payload format 2.0. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'

/** API Gateway's limit of the request body. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024

const PROXY = '{proxy+}'

/** A route of serverless.yml that a request matches. */
export interface Match<Target> {
  /** The route as it is defined, for example `GET /admin/{proxy+}`. */
  readonly routeKey: string
  readonly target: Target
  readonly pathParameters?: { readonly proxy: string }
}

/**
 * Returns a lookup of routes by `<METHOD> <path>`. An exact route wins over `{proxy+}`, and a longer prefix over a
 * shorter one. As on AWS, `{proxy+}` may be empty: `/admin/{proxy+}` matches `/admin/`.
 */
export function createRouter<Target>(
  routes: Iterable<readonly [route: string, target: Target]>,
): (request: string) => Match<Target> | undefined {
  const exact = new Map(routes)
  const greedy = [...exact]
    .flatMap(([route, target]) =>
      route.endsWith(PROXY)
        ? [{ routeKey: route, target, prefix: route.slice(0, -PROXY.length) }]
        : [],
    )
    .toSorted((a, b) => b.prefix.length - a.prefix.length)
  return (request) => {
    const target = exact.get(request)
    if (target !== undefined && !request.endsWith(PROXY)) return { routeKey: request, target }
    const found = greedy.find(({ prefix }) => request.startsWith(prefix))
    if (!found) return
    const { routeKey, prefix } = found
    return {
      routeKey,
      target: found.target,
      pathParameters: { proxy: request.slice(prefix.length) },
    }
  }
}

/** Content types that API Gateway passes as text. It encodes every other body in base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml))/

/**
 * Converts a request to the event that API Gateway sends to a function.
 *
 * @param body all bytes of the request's body
 */
export function toEvent(
  request: IncomingMessage,
  body: Buffer,
  { routeKey, pathParameters }: Pick<Match<unknown>, 'routeKey' | 'pathParameters'>,
): APIGatewayProxyEventV2 {
  const { path, query } = splitTarget(request)
  const { cookie, ...headers } = joinHeaders(request)
  const text = body.toString()
  const isText = TEXT.test(headers['content-type'] ?? '') && Buffer.from(text).equals(body)
  const now = Date.now()
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers,
    ...(query !== '' && { queryStringParameters: joinQuery(new URLSearchParams(query)) }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: 'localhost',
      http: {
        method: `${request.method}`,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: `${request.socket.remoteAddress}`.replace(/^::ffff:/, ''),
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: new Date(now).toISOString(),
      timeEpoch: now,
    },
    ...(pathParameters && { pathParameters: { ...pathParameters } }),
    ...(body.length > 0 && { body: isText ? text : body.toString('base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  }
}

/** Splits the target of a request into its path and what follows the first `?`. */
export function splitTarget({ url = '/' }: Pick<IncomingMessage, 'url'>) {
  const [path = '', ...rest] = url.split('?')
  return { path, query: rest.join('?') }
}

/** Returns headers by lower-case name, with repeated values joined by commas. */
function joinHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === 'cookie' ? '; ' : ','),
    ]),
  )
}

function joinQuery(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    [...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]),
  )
}

/** Sends the result of a function. A result without a `statusCode` is sent as JSON with status 200. */
export function sendResponse(response: ServerResponse, result: unknown): void {
  const { statusCode, headers, cookies, body, isBase64Encoded } = toStructured(result)
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, `${value}`)
  if (cookies) response.setHeader('set-cookie', cookies)
  response.writeHead(statusCode ?? 200)
  response.end(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'))
}

function toStructured(result: unknown): APIGatewayProxyStructuredResultV2 {
  if (typeof result === 'object' && result !== null && 'statusCode' in result) {
    return result as APIGatewayProxyStructuredResultV2
  }
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(result),
  }
}

/** Error responses of API Gateway itself. */
export const OWN_RESPONSES = {
  notFound: ownResponse(404, 'Not Found'),
  tooLarge: ownResponse(413, 'Request Entity Too Large'),
  failed: ownResponse(500, 'Internal Server Error'),
  timedOut: ownResponse(503, 'Service Unavailable'),
} as const

function ownResponse(statusCode: number, message: string): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message }),
  }
}
