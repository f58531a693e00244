import { type Counter, TooManyTries, type TryStore } from '../access/tries.ts'
import { type Item, TTL_ATTRIBUTE } from './item.ts'
import type { Reading } from './read.ts'
import type { Table } from './table.ts'
import { throwUnavailable } from './unavailable.ts'

const SORT_KEY = 'TRIES'

const triesKey = ({ id }: Counter) => ({ pk: `TRIES#${id}`, sk: SORT_KEY })

/** How many counters that are over a function remembers: each took its owner as many failures as are answered. */
const MAX_REMEMBERED = 10_000

export interface WatchedTries extends TryStore {
  /**
   * Requests for somebody who may be guessing: the first read also reads the counters, in the same round trip, and shows
   * nothing else of it when one of them is over. What is known to be over already is not asked for.
   */
  watch<Asking extends Reading>(requests: Asking, counters: readonly Counter[]): Asking
}

/** Failed tries in the table of the licenses. Success costs no write. */
export function createTryStore(table: Table): WatchedTries {
  let window = 0
  const over = new Set<string>()

  function remember({ id, until }: Counter) {
    if (until !== window) over.clear()
    window = until
    if (over.size < MAX_REMEMBERED) over.add(id)
  }

  function admit(counter: Counter, items: readonly Item[]) {
    const { pk } = triesKey(counter)
    const failures = Number(items.find((item) => item['pk'] === pk)?.['failures'] ?? 0)
    if (failures < counter.limit.failures) return
    remember(counter)
    throw new TooManyTries(counter)
  }

  return {
    async add(counter) {
      const update = table.update({
        Key: triesKey(counter),
        UpdateExpression: 'SET #ttl = :ttl ADD failures :one',
        ExpressionAttributeNames: { '#ttl': TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':one': 1, ':ttl': counter.until / 1000 },
      })
      const failures = Number((await update.catch(throwUnavailable))['failures'])
      if (failures >= counter.limit.failures) remember(counter)
      if (failures > counter.limit.failures) throw new TooManyTries(counter)
    },

    watch(requests, counters) {
      let isAdmitted = false
      return {
        ...requests,
        async read(keys) {
          if (isAdmitted) return requests.read(keys)
          const known = counters.find(({ id }) => over.has(id))
          if (known) throw new TooManyTries(known)
          const items = await requests.read([...keys, ...counters.map(triesKey)])
          for (const counter of counters) admit(counter, items)
          isAdmitted = true
          return items.filter(({ sk }) => sk !== SORT_KEY)
        },
      }
    },
  }
}
