import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { type RateLimitCounter, RateLimitError } from '../access/rateLimit.ts'
import { PROBLEMS, Problem } from '../http/problem.ts'
import { problemResponse, type Response } from '../http/response.ts'
import { MasterKeyFault } from '../license/index.ts'
import { Unavailable } from '../license/store.ts'
import type { CoreRuntime } from './runtime.ts'

/**
 * Middleware that turns an error into a response, logs it and counts it. Server errors are logged with their causes, while
 * the caller gets a code and no details. Comes after `cors` in a chain: errors pass it in reverse order, and the error
 * response needs the CORS headers too.
 *
 * @param options `refusal` joins the body of 4xx responses; `failure` names a metric that counts 5xx responses
 */
export function errorHandler(
  { log, metrics }: Pick<CoreRuntime, 'log' | 'metrics'>,
  { refusal = {}, failure }: { readonly refusal?: object; readonly failure?: string } = {},
): MiddlewareObj<APIGatewayProxyEventV2, Response, Error, Context> {
  return {
    onError(request) {
      const problem = toProblem(request.error)
      const { status } = PROBLEMS[problem.code]
      metrics.count('Problem', { code: problem.code })
      if (problem.code === 'RATE_LIMITED') metrics.count('RefusedTries')
      const facts = {
        code: problem.code,
        route: request.event.routeKey,
        requestId: request.event.requestContext.requestId,
      }
      if (status < 500) log.info('request refused', facts)
      else {
        if (failure !== undefined) metrics.count(failure)
        log.error('request failed', { ...facts, causes: causesOf(request.error) })
      }
      request.response = problemResponse(problem, refusal)
    },
  }
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof RateLimitError) {
    return new Problem('RATE_LIMITED', { headers: limitHeaders(error.counter), cause: error })
  }
  const isTemporary = error instanceof Unavailable || error instanceof MasterKeyFault
  return new Problem(isTemporary ? 'UNAVAILABLE' : 'INTERNAL', { cause: error })
}

/** Returns the headers of RFC 9110 section 10.2.3 and draft-ietf-httpapi-ratelimit-headers-10. */
const limitHeaders = ({ limit, wait }: RateLimitCounter) => ({
  'retry-after': `${wait}`,
  'ratelimit-policy': `"failures";q=${limit.failures};w=${limit.minutes * 60}`,
  ratelimit: `"failures";r=0;t=${wait}`,
})

const MAX_CAUSES = 5

/** Returns the stacks of an error and its causes, outermost first. Middy collects errors in `cause.data`. */
function causesOf(error: unknown): string[] {
  const causes: string[] = []
  const queue = [error]
  while (queue.length > 0 && causes.length < MAX_CAUSES) {
    const next = queue.shift()
    if (next instanceof Error) {
      causes.push(next.stack ?? `${next.name}: ${next.message}`)
      queue.push(next.cause)
    } else if (typeof next === 'object' && next !== null && 'data' in next) {
      queue.push(...[next.data].flat())
    }
  }
  return causes
}
