import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { PROBLEMS, type Problem } from './problem.ts'

export type Response = APIGatewayProxyStructuredResultV2

/** Builds a JSON response. It can contain a key, so caches must not store it. */
export function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: JSON.stringify(body),
  }
}

/** Builds the response to a problem. `extra` is added to the body unless the problem is retryable. */
export function problemResponse(
  { code, error, fields, headers }: Problem,
  extra: object = {},
): Response {
  const { status, retryable } = PROBLEMS[code]
  return json(
    status,
    { ...(!retryable && extra), error, code, retryable, ...(fields && { fields }) },
    { ...headers, ...(code === 'UNAUTHORIZED' && { 'www-authenticate': 'Bearer' }) },
  )
}
