import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import {
  type RateLimitCounter,
  type RateLimitScope,
  rateLimitCounter,
  toNetwork,
} from '../access/rateLimit.ts'
import type { RateLimitedStores } from '../store/stores.ts'
import type { Runtime } from './runtime.ts'
import type { Secrets } from './secrets.ts'

/** The stores of one request, which throw `RateLimitError` for a caller with too many failures; see lib/store/rateLimits.ts. */
export type RateLimiter<Stores extends object = RateLimitedStores> = Stores & {
  /**
   * Counts a failure, to be called before the response is sent.
   *
   * @throws RateLimitError if the failure exceeds the limit
   */
  countFailure(scope: RateLimitScope): Promise<void>
}

/** Returns the network of the caller as seen by the gateway; headers can be forged. */
export const callerNetwork = ({ requestContext }: APIGatewayProxyEventV2) =>
  toNetwork(requestContext.http.sourceIp)

/** Returns a function that creates the rate limiter of a request from its subject in each scope. */
export function createRateLimiter<Stores extends object>({
  catalog,
  clock,
  metrics,
  rateLimits,
  rateLimited,
}: Pick<Runtime, 'catalog' | 'clock' | 'metrics' | 'rateLimits'> & {
  readonly rateLimited: (counters: readonly RateLimitCounter[]) => Stores
}) {
  return (
    subjects: Partial<Record<RateLimitScope, string>>,
    { pepper }: Pick<Secrets, 'pepper'>,
  ): RateLimiter<Stores> => {
    const options = { limit: catalog.tries, pepper, now: clock() }
    const counters = new Map(
      Object.entries(subjects).map(([scope, subject]) => [
        scope,
        rateLimitCounter(scope as RateLimitScope, subject, options),
      ]),
    )
    // Seats are limited per license, so an exceeded limit must not block the devices that have one.
    const checked = [...counters].filter(([scope]) => scope !== 'seat')
    return {
      ...rateLimited(checked.map(([, counter]) => counter)),
      async countFailure(scope) {
        const counter = counters.get(scope)
        if (!counter) return
        metrics.count('FailedTries')
        await rateLimits.addFailure(counter)
      },
    }
  }
}
