import { type Evaluation, evaluate, isValidState, type LicenseState } from './evaluate.ts'
import type { DeviceKey, License } from './license.ts'
import type { LicenseStore, Listed, Position, Selection, SortOrder } from './store.ts'

/** Conditions that every listed license meets, and the order of the list. */
export interface Filter {
  readonly userId?: string
  readonly userEmail?: string
  readonly tier?: string
  readonly state?: LicenseState
  readonly customerId?: string
  readonly subscriptionId?: string
  /** A device that was activated at any time. */
  readonly device?: DeviceKey
  /** Milliseconds since the epoch: licenses that are valid now and expire before then. */
  readonly expiringBefore?: number
  /** `end` excludes lifetime licenses. Not supported together with a filter that has its own index. */
  readonly sort?: 'created' | 'end'
  readonly order?: SortOrder
}

/**
 * Lists licenses, newest first, or soonest to expire first with `expiringBefore` or `sort`. The most selective
 * filter chooses the index; the others, and the state by `evaluate`, are checked for each license.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function listLicenses(
  { store, now }: { store: Pick<LicenseStore, 'list'>; now: number },
  filter: Filter,
  limit: number,
  after?: Position,
): Promise<Page> {
  const { order } = filter
  const selection = { ...selectIndex(filter, now, after), ...(order && { order }) }
  const section = { selection, matches: (license: License) => matchesFilter(license, filter, now) }
  return paginate(store, [section], limit, after)
}

/** A renewal in progress keeps a license valid beyond the end that the index has. */
const LATE_MS = 24 * 60 * 60 * 1000

function selectIndex(filter: Filter, now: number, after?: Position): Selection {
  const { device, subscriptionId, userId, userEmail, customerId, tier, expiringBefore } = filter
  if (device !== undefined) return { by: 'device', value: device }
  if (subscriptionId !== undefined) return { by: 'subscriptionId', value: subscriptionId }
  if (userId !== undefined) return { by: 'userId', value: userId }
  if (userEmail !== undefined) return { by: 'userEmail', value: userEmail }
  if (customerId !== undefined) return { by: 'customerId', value: customerId }
  if (expiringBefore !== undefined || filter.sort === 'end') return selectByEnd(filter, now, after)
  return tier === undefined ? { by: 'creation' } : { by: 'tier', value: tier }
}

/** Valid licenses end in the future and expired ones in the past; other states can have any end. */
function selectByEnd({ state, expiringBefore }: Filter, now: number, after?: Position): Selection {
  const isValidOnly = expiringBefore !== undefined || (state !== undefined && isValidState(state))
  const from = isValidOnly ? now - LATE_MS : 0
  const until = state === 'expired' ? now + 1 : Number.MAX_SAFE_INTEGER
  // A cursor from an earlier time, or from another clock, must stay within the range.
  const at = Number(after?.at ?? from)
  const first = Math.min(from, at)
  return { by: 'end', from: first, before: Math.max(expiringBefore ?? until, from + 1, at + 1) }
}

/** Returns true if a license meets a filter at `now`, in milliseconds since the epoch. */
export function matchesFilter(license: License, filter: Filter, now: number): boolean {
  const {
    state,
    expiringBefore,
    userEmail,
    device: _,
    sort: _sort,
    order: _order,
    ...exact
  } = filter
  const evaluated = evaluate(license.facts, now)
  const isExact = Object.entries(exact).every(
    ([name, value]) => license[name as keyof typeof exact] === value,
  )
  return (
    isExact &&
    (userEmail === undefined || license.userEmail?.toLowerCase() === userEmail.toLowerCase()) &&
    (state === undefined || evaluated.state === state) &&
    (expiringBefore === undefined || expiresBefore(evaluated, expiringBefore))
  )
}

const expiresBefore = ({ state, expiresAt }: Evaluation, before: number) =>
  isValidState(state) && expiresAt !== null && expiresAt < before

/**
 * Lists the licenses whose email address starts with a text, in any case, then those whose user id does, each in
 * alphabetical order and no license twice.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function searchLicenses(
  { store, now }: { store: Pick<LicenseStore, 'list'>; now: number },
  start: string,
  filter: Pick<Filter, 'state' | 'tier'>,
  limit: number,
  after?: Position,
): Promise<Page> {
  const hasAddress = ({ userEmail }: License) =>
    userEmail?.toLowerCase().startsWith(start.toLowerCase()) ?? false
  const matches = (license: License) => matchesFilter(license, filter, now)
  return paginate(
    store,
    [
      { selection: { by: 'emailStart', start }, matches },
      {
        selection: { by: 'userStart', start },
        matches: (license) => !hasAddress(license) && matches(license),
      },
    ],
    limit,
    after,
  )
}

interface Page {
  readonly licenses: readonly License[]
  /** The position of the next page. Absent on the last page. */
  readonly next?: Position
}

/** A selection that the store lists, and a filter for it. */
interface Section {
  readonly selection: Selection
  readonly matches: (license: License) => boolean
}

/**
 * The number of licenses read per requested one. A page of a rare filter stays short and has a cursor, instead of
 * reading the whole table.
 */
const READS_PER_RESULT = 10

/**
 * Lists the licenses that pass the filter of each section, one section after the other.
 *
 * @throws StoreUnavailable
 */
async function paginate(
  store: Pick<LicenseStore, 'list'>,
  sections: readonly Section[],
  limit: number,
  after?: Position,
): Promise<Page> {
  const found: Listed[] = []
  let read = 0
  let position = after
  for (const [index, { selection, matches }] of sections.entries()) {
    if (index < (after?.part ?? 0)) continue
    for (let isMore = true; isMore; ) {
      const listed = await store.list(selection, limit, position)
      for (const { license, position: at } of listed) {
        position = { ...at, part: index }
        if (!matches(license)) continue
        found.push({ license, position })
        if (found.length === limit) return toPage(found, position)
      }
      read += limit
      isMore = listed.length === limit
      if (isMore && read >= limit * READS_PER_RESULT) return toPage(found, position)
    }
    // The next section starts from its beginning.
    position = undefined
  }
  return toPage(found)
}

const toPage = (found: readonly Listed[], next?: Position): Page => ({
  licenses: found.map(({ license }) => license),
  ...(next && { next }),
})
