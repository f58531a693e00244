import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { PROBLEMS, type Problem } from './problem.ts'

export type Response = APIGatewayProxyStructuredResultV2

/** An answer of ours. It can hold a key, so nobody on the way may keep it. */
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

/** The answer to a problem. `extra` joins the body where the request is at fault, never where it is not even looked at. */
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
