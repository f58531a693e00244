/** API Gateway's HTTP API with payload format 2.0: routes, events and answers. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'

/** The body size in bytes above which API Gateway refuses a request. */
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
 * shorter one. As on AWS, `{proxy+}` also matches nothing: `/admin/{proxy+}` serves `/admin/`.
 */
export function createRouter<Target>(
  routes: Iterable<readonly [route: string, target: Target]>,
): (asked: string) => Match<Target> | undefined {
  const exact = new Map(routes)
  const greedy = [...exact]
    .flatMap(([route, target]) =>
      route.endsWith(PROXY)
        ? [{ routeKey: route, target, prefix: route.slice(0, -PROXY.length) }]
        : [],
    )
    .toSorted((a, b) => b.prefix.length - a.prefix.length)
  return (asked) => {
    const target = exact.get(asked)
    if (target !== undefined && !asked.endsWith(PROXY)) return { routeKey: asked, target }
    const found = greedy.find(({ prefix }) => asked.startsWith(prefix))
    if (!found) return
    const { routeKey, prefix } = found
    return {
      routeKey,
      target: found.target,
      pathParameters: { proxy: asked.slice(prefix.length) },
    }
  }
}

/** The content types that API Gateway hands on as text. It encodes every other body in base64. */
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
  const { path, query } = partsOf(request)
  const { cookie, ...headers } = headersOf(request)
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
    ...(query !== '' && { queryStringParameters: joined(new URLSearchParams(query)) }),
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
export function partsOf({ url = '/' }: Pick<IncomingMessage, 'url'>) {
  const [path = '', ...rest] = url.split('?')
  return { path, query: rest.join('?') }
}

/** The headers of a request by their lower-case names; the values of a repeated one joined by commas. */
function headersOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === 'cookie' ? '; ' : ','),
    ]),
  )
}

function joined(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    [...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]),
  )
}

/** Answers a request with what a function returned. A value without a `statusCode` is sent as JSON, with status 200. */
export function sendAnswer(response: ServerResponse, answer: unknown): void {
  const { statusCode, headers, cookies, body, isBase64Encoded } = structured(answer)
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, `${value}`)
  if (cookies) response.setHeader('set-cookie', cookies)
  response.writeHead(statusCode ?? 200)
  response.end(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'))
}

function structured(answer: unknown): APIGatewayProxyStructuredResultV2 {
  if (typeof answer === 'object' && answer !== null && 'statusCode' in answer) {
    return answer as APIGatewayProxyStructuredResultV2
  }
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(answer),
  }
}

/** The answers that API Gateway gives itself. */
export const OWN_ANSWERS = {
  notFound: ownAnswer(404, 'Not Found'),
  tooLarge: ownAnswer(413, 'Request Entity Too Large'),
  failed: ownAnswer(500, 'Internal Server Error'),
  timedOut: ownAnswer(503, 'Service Unavailable'),
} as const

function ownAnswer(statusCode: number, message: string): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message }),
  }
}
