/**
 * Failure counters in the table of the licenses.
 *
 * A request that may be a guess must read its counters before it may see a license or a token. Both reads share one
 * `BatchGetItem`: `rateLimited(table, counters)` returns a table whose first read adds the counters to the requested keys
 * and throws `RateLimitError` instead of returning items if a limit is exceeded. A successful request costs no write and
 * no extra round trip. An instance remembers exceeded limits until the window ends, and passed checks for a few seconds.
 */

import { type RateLimitCounter, RateLimitError, type RateLimitStore } from '../access/rateLimit.ts'
import type { Item } from './item.ts'
import type { LookupTable } from './table.ts'

const SORT_KEY = 'TRIES'

const counterKey = ({ id }: RateLimitCounter) => ({ pk: `TRIES#${id}`, sk: SORT_KEY })

/** The most counters of each kind (exceeded, checked) in memory. */
const MAX_REMEMBERED = 10_000
/**
 * The time for which a passed check is not repeated. Failures counted by other instances in the meantime are missed;
 * counting a failure here returns the total. An instance therefore allows at most one guess too many.
 */
const CHECK_VALID_MS = 5000

export interface RateLimits extends RateLimitStore {
  /** Returns the table with a first read that also checks the counters. Each request needs its own. */
  rateLimited<T extends Pick<LookupTable, 'read'>>(
    table: T,
    counters: readonly RateLimitCounter[],
  ): T
}

export function createRateLimits(table: Pick<LookupTable, 'update'>): RateLimits {
  /** The end of the window that both collections belong to. */
  let window = 0
  const exceeded = new Set<string>()
  /** The times of passed checks, by the id of the counter. */
  const checked = new Map<string, number>()

  function useWindow({ until }: RateLimitCounter) {
    if (until === window) return
    exceeded.clear()
    checked.clear()
    window = until
  }

  function rememberExceeded(counter: RateLimitCounter) {
    useWindow(counter)
    checked.delete(counter.id)
    if (exceeded.size < MAX_REMEMBERED) exceeded.add(counter.id)
  }

  // The absolute difference: a clock that was set back must not extend a check.
  const isChecked = ({ id, at }: RateLimitCounter) =>
    Math.abs(at - (checked.get(id) ?? 0)) < CHECK_VALID_MS

  function assertNotExceeded(counter: RateLimitCounter, items: readonly Item[]) {
    const { pk } = counterKey(counter)
    const failures = Number(items.find((item) => item['pk'] === pk)?.['failures'] ?? 0)
    if (failures >= counter.limit.failures) {
      rememberExceeded(counter)
      throw new RateLimitError(counter)
    }
    useWindow(counter)
    if (checked.size >= MAX_REMEMBERED) checked.clear()
    checked.set(counter.id, counter.at)
  }

  return {
    async addFailure(counter) {
      const attributes = await table.update({
        Key: counterKey(counter),
        UpdateExpression: 'SET #ttl = :ttl ADD failures :one',
        ExpressionAttributeValues: { ':one': 1, ':ttl': counter.until / 1000 },
        ReturnValues: 'UPDATED_NEW',
      })
      const failures = Number(attributes['failures'])
      if (failures >= counter.limit.failures) rememberExceeded(counter)
      if (failures > counter.limit.failures) throw new RateLimitError(counter)
    },

    rateLimited(inner, counters) {
      let isAdmitted = false
      return {
        ...inner,
        async read(keys) {
          if (isAdmitted) return inner.read(keys)
          const refused = counters.find(({ id }) => exceeded.has(id))
          if (refused) throw new RateLimitError(refused)
          const unchecked = counters.filter((counter) => !isChecked(counter))
          const items = await inner.read([...keys, ...unchecked.map(counterKey)])
          for (const counter of unchecked) assertNotExceeded(counter, items)
          isAdmitted = true
          return items.filter(({ sk }) => sk !== SORT_KEY)
        },
      }
    },
  }
}
