import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Response } from '../../lib/http/response.ts'

interface Post {
  readonly route?: string
  readonly headers?: Record<string, string | undefined>
  readonly base64?: boolean
  /** The address of the caller, by default a new one. */
  readonly ip?: string
}

let callers = 0
/** Returns a new address, of the range that RFC 3849 reserves for documentation. */
export const anAddress = () => {
  callers += 1
  return `2001:db8:${(callers >> 16).toString(16)}:${(callers & 0xffff).toString(16)}::1`
}

/** Returns a POST as API Gateway passes it to a function. A body other than text is sent as JSON. */
export function aPost(
  body: unknown,
  { route = '/api/verify', headers = {}, base64 = false, ip = anAddress() }: Post = {},
): APIGatewayProxyEventV2 {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const all = { 'content-type': 'application/json', ...headers }
  return {
    version: '2.0',
    routeKey: `POST ${route}`,
    rawPath: route,
    rawQueryString: '',
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    requestContext: {
      requestId: 'request_1',
      routeKey: `POST ${route}`,
      http: {
        method: 'POST',
        path: route,
        protocol: 'HTTP/1.1',
        sourceIp: ip,
        userAgent: 'test',
      },
    },
    isBase64Encoded: base64,
    ...(text !== undefined && { body: base64 ? Buffer.from(text).toString('base64') : text }),
  } as unknown as APIGatewayProxyEventV2
}

/** Returns a request of any method, optionally with a query. */
export function aRequest(
  method: string,
  route: string,
  {
    query = {},
    body,
    headers = {},
    ip,
  }: {
    query?: Record<string, string>
    body?: unknown
    headers?: Record<string, string>
    ip?: string
  } = {},
): APIGatewayProxyEventV2 {
  const event = aPost(body, { route, headers, ...(ip !== undefined && { ip }) })
  event.requestContext.http.method = method
  return {
    ...event,
    routeKey: `${method} ${route}`,
    rawQueryString: new URLSearchParams(query).toString(),
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
  }
}

/** Returns a new context of Lambda. Its type fits each handler, whatever its middlewares add. */
export const aContext = () => ({ awsRequestId: 'request_1' }) as never

export const bodyOf = ({ body }: Response) => JSON.parse(body ?? '')
