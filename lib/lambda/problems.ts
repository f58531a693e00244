import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { PROBLEMS, Problem } from '../http/problem.ts'
import { problemResponse, type Response } from '../http/response.ts'
import { MasterKeyFault, Unavailable } from '../license/index.ts'
import type { Log } from './log.ts'

/**
 * Middleware that turns whatever was thrown into an answer. Faults of ours are logged with their causes; the
 * caller reads a code and learns nothing of the inside. `refusal` joins the body of what the caller did wrong.
 */
export function problems(
  log: Log,
  refusal: object,
): MiddlewareObj<APIGatewayProxyEventV2, Response, Error, Context> {
  return {
    onError(request) {
      const problem = toProblem(request.error)
      const { status } = PROBLEMS[problem.code]
      const facts = {
        code: problem.code,
        route: request.event.routeKey,
        requestId: request.event.requestContext.requestId,
      }
      if (status < 500) log.info('request refused', facts)
      else log.error('request failed', { ...facts, causes: causesOf(request.error) })
      request.response = problemResponse(problem, refusal)
    },
  }
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const passing = error instanceof Unavailable || error instanceof MasterKeyFault
  return new Problem(passing ? 'UNAVAILABLE' : 'INTERNAL', { cause: error })
}

const MAX_CAUSES = 5

/** An error and what lies behind it, outermost first. Middy keeps the errors it gathers in `cause.data`. */
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
