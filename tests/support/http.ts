import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import type { Response } from '../../lib/http/response.ts'

interface Post {
  readonly route?: string
  readonly headers?: Record<string, string | undefined>
  readonly base64?: boolean
}

/** A POST as API Gateway hands it to a function. A body that is no text is sent as JSON. */
export function aPost(
  body: unknown,
  { route = '/api/verify', headers = {}, base64 = false }: Post = {},
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
        sourceIp: '203.0.113.1',
        userAgent: 'test',
      },
    },
    isBase64Encoded: base64,
    ...(text !== undefined && { body: base64 ? Buffer.from(text).toString('base64') : text }),
  } as unknown as APIGatewayProxyEventV2
}

/** A request of another method, or with parameters behind the `?`. */
export function aRequest(
  method: string,
  route: string,
  {
    query = {},
    body,
    headers = {},
  }: { query?: Record<string, string>; body?: unknown; headers?: Record<string, string> } = {},
): APIGatewayProxyEventV2 {
  const event = aPost(body, { route, headers })
  event.requestContext.http.method = method
  return {
    ...event,
    routeKey: `${method} ${route}`,
    rawQueryString: new URLSearchParams(query).toString(),
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
  }
}

export const aContext = () => ({ awsRequestId: 'request_1' }) as Context

export const bodyOf = ({ body }: Response) => JSON.parse(body ?? '')
