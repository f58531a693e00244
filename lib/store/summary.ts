import type { LicenseId } from '../license/index.ts'
import type { SummaryStore } from '../license/store.ts'
import {
  type BucketKey,
  type BucketRange,
  type CountedLicense,
  type Counters,
  deltaBetween,
  mergeDeltas,
} from '../license/summary.ts'
import type { Item } from './item.ts'
import { Contention, MAX_ATTEMPTS, type Table, type Write, withRetry } from './table.ts'

/** The item that names the series of counters in use and the one being built, and counts writes to any. */
const SERIES_KEY = { pk: 'SUMMARY', sk: 'SERIES' }
const FIRST_SERIES = '1'

/** The prefixes of the partition keys of counters and of counted licenses. All of them can be rebuilt from the licenses. */
export const SUMMARY = 'SUMMARY'
export const COUNTED = 'COUNTED'

/** Returns true for an item of one of the series. */
export const isOfSeries = ({ pk }: Item, series: readonly string[]) => {
  const [kind, name] = `${pk}`.split('#')
  return (kind === SUMMARY || kind === COUNTED) && name !== undefined && series.includes(name)
}

const placeKey = (series: string, place: BucketKey) => ({ pk: `${SUMMARY}#${series}`, sk: place })
const countedKey = (series: string, id: LicenseId) => ({
  pk: `${COUNTED}#${series}#${id}`,
  sk: COUNTED,
})

/** Nests the counted values: at the top level, `tier` and `createdAt` would put the item in an index of licenses. */
const toCountedItem = (series: string, { version, ...counted }: CountedLicense): Item => ({
  ...countedKey(series, counted.licenseId),
  version,
  counted,
})

/** Also reads items of earlier versions, which are flat, so that their licenses are not counted twice. */
const fromCountedItem = ({ pk: _pk, sk: _sk, counted, ...flat }: Item) =>
  ({ ...flat, ...(counted as object | undefined) }) as unknown as CountedLicense

/** The limit of a transaction, less the write that counts it. */
const MAX_WRITES = 99
/** The limit of a batch read. */
const MAX_READ = 100

interface Series {
  readonly current: string
  readonly making: string | undefined
  readonly writes: number
}

export interface SummaryMaker extends SummaryStore {
  /**
   * Starts to count in a new series as well.
   *
   * @returns the series to delete once this one is finished
   */
  begin(series: string): Promise<readonly string[]>
  /**
   * Makes a series that was begun the one in use.
   *
   * @returns false if another one was begun in the meantime
   */
  finish(series: string): Promise<boolean>
}

/**
 * Counters in the table of the licenses. The values last counted for a license are stored beside them, and are written in one
 * transaction with the changes of the counters, so that each version of a license counts once.
 */
export function createSummaryStore(table: Table): SummaryMaker {
  const { transact, read, queryAll } = table

  async function readSeries(): Promise<Series> {
    const [item = {}] = await read([SERIES_KEY])
    const { current = FIRST_SERIES, making, writes = 0 } = item as Partial<Series>
    return { current, making, writes }
  }

  /** Reads the values last counted for each license. */
  async function findCounted(series: string, licenses: readonly CountedLicense[]) {
    const items = await read(licenses.map(({ licenseId }) => countedKey(series, licenseId)))
    return new Map(items.map(fromCountedItem).map((counted) => [counted.licenseId, counted]))
  }

  const countIn = (series: string, licenses: readonly CountedLicense[]): Promise<void> =>
    withRetry(async () => {
      const known = await findCounted(series, licenses)
      const changes = licenses
        .map((after) => ({ before: known.get(after.licenseId), after }))
        .filter(({ before, after }) => (before?.version ?? 0) < after.version)
        .map((change) => ({ ...change, change: deltaBetween(change.before, change.after) }))
        .filter(({ change }) => change.size > 0)
      if (!(await writeAll(series, changes))) {
        throw new Contention('Too much contention updating the summary counters')
      }
    })

  /** Returns false if another process counted one of the licenses in the meantime. */
  async function writeAll(series: string, changes: readonly Change[]): Promise<boolean> {
    for (const group of groupChanges(changes)) {
      const reasons = await transact([
        increment(SERIES_KEY, new Map([['writes', 1]])),
        ...group.map(({ before, after }) => putCounted(series, before, after)),
        ...[...mergeDeltas(group.map(({ change }) => change))].map(([place, counters]) =>
          increment(placeKey(series, place), counters),
        ),
      ])
      if (reasons) return false
    }
    return true
  }

  const putCounted = (
    series: string,
    before: CountedLicense | undefined,
    after: CountedLicense,
  ): Write => ({
    Put: {
      Item: toCountedItem(series, after),
      ...(before
        ? {
            ConditionExpression: '#version = :counted',
            ExpressionAttributeValues: { ':counted': before.version },
          }
        : { ConditionExpression: 'attribute_not_exists(pk)' }),
    },
  })

  function increment(Key: Item, counters: Counters): Write {
    const entries = [...counters].map(([name, by], index) => ({ name, by, index }))
    return {
      Update: {
        Key,
        UpdateExpression: `ADD ${entries.map(({ index }) => `#${index} :${index}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(
          entries.map(({ name, index }) => [`#${index}`, name]),
        ),
        ExpressionAttributeValues: Object.fromEntries(
          entries.map(({ by, index }) => [`:${index}`, by]),
        ),
      },
    }
  }

  async function sumOf(series: string, places: readonly BucketRange[]): Promise<Counters> {
    const items = await Promise.all(
      places.map(({ from, to }) =>
        queryAll({
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': placeKey(series, from).pk, ':from': from, ':to': to },
          ConsistentRead: true,
        }),
      ),
    )
    const sums = new Map<string, number>()
    for (const { pk: _pk, sk: _sk, ...counters } of items.flat()) {
      for (const [name, number] of Object.entries(counters)) {
        sums.set(name, (sums.get(name) ?? 0) + Number(number))
      }
    }
    return sums
  }

  return {
    async count(licenses) {
      const { current, making } = await readSeries()
      const newest = keepNewest(licenses)
      for (let start = 0; start < newest.length; start += MAX_READ) {
        const part = newest.slice(start, start + MAX_READ)
        await countIn(current, part)
        if (making !== undefined) await countIn(making, part)
      }
    },

    async read(questions) {
      let series = await readSeries()
      for (let attempt = 1; ; attempt++) {
        const { current } = series
        const sums = await Promise.all(questions.map((places) => sumOf(current, places)))
        const after = await readSeries()
        const isSame = after.writes === series.writes && after.current === current
        // Under constant writes, the result may contain a part of what was written while it was read.
        if (isSame || (attempt >= MAX_ATTEMPTS && after.current === current)) return sums
        series = after
      }
    },

    async begin(series) {
      const { current = FIRST_SERIES, making } = (await table.update({
        Key: SERIES_KEY,
        UpdateExpression: 'SET #current = if_not_exists(#current, :first), #making = :series',
        ExpressionAttributeValues: { ':first': FIRST_SERIES, ':series': series },
        ReturnValues: 'ALL_OLD',
      })) as Partial<Series>
      return [current, making].filter((name) => name !== undefined)
    },

    async finish(series) {
      const reasons = await transact([
        {
          Update: {
            Key: SERIES_KEY,
            UpdateExpression: 'SET #current = :series REMOVE #making',
            ConditionExpression: '#making = :series',
            ExpressionAttributeValues: { ':series': series },
          },
        },
      ])
      return !reasons
    },
  }
}

interface Change {
  readonly before: CountedLicense | undefined
  readonly after: CountedLicense
  readonly change: ReadonlyMap<BucketKey, Counters>
}

/** Splits changes into groups that fit into one transaction. */
function groupChanges(changes: readonly Change[]): readonly (readonly Change[])[] {
  const groups: Change[][] = []
  let room = 0
  for (const one of changes) {
    const writes = 1 + one.change.size
    if (writes > room) {
      groups.push([])
      room = MAX_WRITES
    }
    groups.at(-1)?.push(one)
    room -= writes
  }
  return groups
}

/** Returns the newest version of each license. */
function keepNewest(licenses: readonly CountedLicense[]): readonly CountedLicense[] {
  const newest = new Map<LicenseId, CountedLicense>()
  for (const one of licenses) {
    const { version = 0 } = newest.get(one.licenseId) ?? {}
    if (one.version > version) newest.set(one.licenseId, one)
  }
  return [...newest.values()]
}
