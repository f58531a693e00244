import { type Counter, TooManyTries, type TryStore } from '../access/tries.ts'
import { type Item, TTL_ATTRIBUTE } from './item.ts'
import type { Reading } from './read.ts'
import type { Table } from './table.ts'
import { throwUnavailable } from './unavailable.ts'

const SORT_KEY = 'TRIES'

const triesKey = ({ id }: Counter) => ({ pk: `TRIES#${id}`, sk: SORT_KEY })

/** How many counters a function remembers of each kind: those that are over, and those that it has read. */
const MAX_REMEMBERED = 10_000
/**
 * How long a counter that was not over is not read again. Failures that this function does not know of may be added
 * meanwhile; one that it adds itself is answered with the sum of all. So it answers one guess too many at the most.
 */
const KNOWN_MS = 5000

export interface WatchedTries extends TryStore {
  /**
   * Requests for somebody who may be guessing: the first read also reads the counters, in the same round trip, and shows
   * nothing else of it when one of them is over. What is known to be over already is not asked for, and neither is a
   * counter that was read some seconds ago.
   */
  watch<Asking extends Reading>(requests: Asking, counters: readonly Counter[]): Asking
}

/** Failed tries in the table of the licenses. Success costs no write. */
export function createTryStore(table: Table): WatchedTries {
  let window = 0
  const over = new Set<string>()
  /** When counters were read that were not over. */
  const read = new Map<string, number>()

  function beginWindow({ until }: Counter) {
    if (until === window) return
    over.clear()
    read.clear()
    window = until
  }

  function remember(counter: Counter) {
    beginWindow(counter)
    read.delete(counter.id)
    if (over.size < MAX_REMEMBERED) over.add(counter.id)
  }

  // A clock that was put back makes nothing known for longer.
  const isKnown = ({ id, at }: Counter) => Math.abs(at - (read.get(id) ?? 0)) < KNOWN_MS

  function admit(counter: Counter, items: readonly Item[]) {
    const { pk } = triesKey(counter)
    const failures = Number(items.find((item) => item['pk'] === pk)?.['failures'] ?? 0)
    if (failures >= counter.limit.failures) {
      remember(counter)
      throw new TooManyTries(counter)
    }
    beginWindow(counter)
    if (read.size >= MAX_REMEMBERED) read.clear()
    read.set(counter.id, counter.at)
  }

  return {
    async add(counter) {
      const update = table.update({
        Key: triesKey(counter),
        UpdateExpression: 'SET #ttl = :ttl ADD failures :one',
        ExpressionAttributeNames: { '#ttl': TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':one': 1, ':ttl': counter.until / 1000 },
        ReturnValues: 'UPDATED_NEW',
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
          const refused = counters.find(({ id }) => over.has(id))
          if (refused) throw new TooManyTries(refused)
          const unknown = counters.filter((counter) => !isKnown(counter))
          const items = await requests.read([...keys, ...unknown.map(triesKey)])
          for (const counter of unknown) admit(counter, items)
          isAdmitted = true
          return items.filter(({ sk }) => sk !== SORT_KEY)
        },
      }
    },
  }
}
