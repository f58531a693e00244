import {
  type BucketKey,
  type BucketRange,
  type CountedLicense,
  type Counters,
  deltaBetween,
  type LicenseId,
  mergeDeltas,
  type SummaryStore,
} from '../license/index.ts'
import type { Item } from './item.ts'
import { Contention, MAX_ATTEMPTS, type Table, type Write, withRetry } from './table.ts'

/** Which series of counters is read, which one is being made beside it, and how often any was written. */
const SERIES_KEY = { pk: 'SUMMARY', sk: 'SERIES' }
const FIRST_SERIES = '1'

/** What begins the partition keys of all that is counted. It holds nothing that could not be counted anew. */
export const SUMMARY = 'SUMMARY'
export const COUNTED = 'COUNTED'

/** Whether a record is of one of the series. */
export const isOfSeries = ({ pk }: Item, series: readonly string[]) => {
  const [kind, name] = `${pk}`.split('#')
  return (kind === SUMMARY || kind === COUNTED) && name !== undefined && series.includes(name)
}

const placeKey = (series: string, place: BucketKey) => ({ pk: `${SUMMARY}#${series}`, sk: place })
const countedKey = (series: string, id: LicenseId) => ({
  pk: `${COUNTED}#${series}#${id}`,
  sk: COUNTED,
})

/** Nests what was counted: at the top level, its `tier` and `createdAt` would put it in an index of licenses. */
const toCountedItem = (series: string, { version, ...counted }: CountedLicense): Item => ({
  ...countedKey(series, counted.licenseId),
  version,
  counted,
})

/** Also reads the items of earlier versions, which nest nothing: a license that they count must not be counted twice. */
const fromCountedItem = ({ pk: _pk, sk: _sk, counted, ...flat }: Item) =>
  ({ ...flat, ...(counted as object | undefined) }) as unknown as CountedLicense

/** Of one transaction, besides the one that counts it. */
const MAX_WRITES = 99
/** Of one read. */
const MAX_READ = 100

interface Series {
  readonly current: string
  readonly making: string | undefined
  readonly writes: number
}

export interface SummaryMaker extends SummaryStore {
  /**
   * From now on a new series is counted as well.
   *
   * @returns the series that are of no use once this one is finished
   */
  begin(series: string): Promise<readonly string[]>
  /**
   * From now on a series that was begun is the one that is read.
   *
   * @returns whether it is; not when another one was begun since
   */
  finish(series: string): Promise<boolean>
}

/**
 * Counters in the table of the licenses. What was counted of a license is kept beside them and is written in one transaction
 * with what it changes in them, so that each of its versions counts once.
 */
export function createSummaryStore(table: Table): SummaryMaker {
  const { transact, read, queryAll } = table

  async function seriesNow(): Promise<Series> {
    const [item = {}] = await read([SERIES_KEY])
    const { current = FIRST_SERIES, making, writes = 0 } = item as Partial<Series>
    return { current, making, writes }
  }

  /** How a license was counted last, of those that were. */
  async function countedIn(series: string, licenses: readonly CountedLicense[]) {
    const items = await read(licenses.map(({ licenseId }) => countedKey(series, licenseId)))
    return new Map(items.map(fromCountedItem).map((counted) => [counted.licenseId, counted]))
  }

  const countIn = (series: string, licenses: readonly CountedLicense[]): Promise<void> =>
    withRetry(async () => {
      const known = await countedIn(series, licenses)
      const changes = licenses
        .map((after) => ({ before: known.get(after.licenseId), after }))
        .filter(({ before, after }) => (before?.version ?? 0) < after.version)
        .map((change) => ({ ...change, change: deltaBetween(change.before, change.after) }))
        .filter(({ change }) => change.size > 0)
      if (!(await writeAll(series, changes))) {
        throw new Contention('Too much contention updating the summary counters')
      }
    })

  /** Whether all are written; not when somebody counted one of them meanwhile. */
  async function writeAll(series: string, changes: readonly Change[]): Promise<boolean> {
    for (const group of grouped(changes)) {
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
            ExpressionAttributeNames: { '#version': 'version' },
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
      const { current, making } = await seriesNow()
      const newest = newestOf(licenses)
      for (let start = 0; start < newest.length; start += MAX_READ) {
        const part = newest.slice(start, start + MAX_READ)
        await countIn(current, part)
        if (making !== undefined) await countIn(making, part)
      }
    },

    async read(questions) {
      let series = await seriesNow()
      for (let attempt = 1; ; attempt++) {
        const { current } = series
        const sums = await Promise.all(questions.map((places) => sumOf(current, places)))
        const after = await seriesNow()
        const isSame = after.writes === series.writes && after.current === current
        // While a lot is written, an answer may have a part of what was written during it.
        if (isSame || (attempt >= MAX_ATTEMPTS && after.current === current)) return sums
        series = after
      }
    },

    async begin(series) {
      const { current = FIRST_SERIES, making } = (await table.update({
        Key: SERIES_KEY,
        UpdateExpression: 'SET #current = if_not_exists(#current, :first), #making = :series',
        ExpressionAttributeNames: { '#current': 'current', '#making': 'making' },
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
            ExpressionAttributeNames: { '#current': 'current', '#making': 'making' },
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

/** As many in each as one transaction takes. */
function grouped(changes: readonly Change[]): readonly (readonly Change[])[] {
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

/** One of each license. */
function newestOf(licenses: readonly CountedLicense[]): readonly CountedLicense[] {
  const newest = new Map<LicenseId, CountedLicense>()
  for (const one of licenses) {
    const { version = 0 } = newest.get(one.licenseId) ?? {}
    if (one.version > version) newest.set(one.licenseId, one)
  }
  return [...newest.values()]
}
