import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { type Counter, counterOf, networkOf, type Tried } from '../access/tries.ts'
import type { Watched } from '../store/keyStores.ts'
import type { Runtime } from './runtime.ts'
import type { Secrets } from './secrets.ts'

/** Stands before what can be guessed at. */
export type Guard<Asking extends object = Watched> = Asking & {
  /**
   * Counts a failure before it is answered.
   *
   * @throws TooManyTries in place of the answer, when it is one more than is answered
   */
  failed(tried: Tried): Promise<void>
}

/** Whose request it is, as the gateway saw it; a header could say anything. */
export const callerOf = ({ requestContext }: APIGatewayProxyEventV2) =>
  networkOf(requestContext.http.sourceIp)

/** Makes a guard for a request: of what may be tried in it, and by whom. */
export function createGuard<Asking extends object>({
  catalog,
  clock,
  metrics,
  tries,
  watched,
}: Pick<Runtime, 'catalog' | 'clock' | 'metrics' | 'tries'> & {
  readonly watched: (counters: readonly Counter[]) => Asking
}) {
  return (
    who: Partial<Record<Tried, string>>,
    { pepper }: Pick<Secrets, 'pepper'>,
  ): Guard<Asking> => {
    const terms = { limit: catalog.tries, pepper, now: clock() }
    const counters = new Map(
      Object.entries(who).map(([tried, whose]) => [tried, counterOf(tried as Tried, whose, terms)]),
    )
    // Seats are no secret that is guessed at: who has one goes on, whoever else asks in vain.
    const guessed = [...counters].filter(([tried]) => tried !== 'seat')
    return {
      ...watched(guessed.map(([, counter]) => counter)),
      async failed(tried) {
        const counter = counters.get(tried)
        if (!counter) return
        metrics.count('FailedTries')
        await tries.add(counter)
      },
    }
  }
}
