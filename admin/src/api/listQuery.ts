import type { ListSearch } from '../pages/licenses/search.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const PAGE_SIZE = '25'

/**
 * What the service is asked for. A search stands alone but for state and tier, and what ends soon is always sorted by
 * its end; the rest of the URL is for when these are gone.
 *
 * @param now milliseconds since the epoch
 */
export function toListQuery(
  { q, state, tier, within, sort, order, cursor }: ListSearch,
  now: number,
) {
  const common = {
    limit: PAGE_SIZE,
    ...(state !== undefined && { state }),
    ...(tier !== undefined && { tier }),
    ...(cursor !== undefined && { cursor }),
  }
  if (q !== undefined) return { ...common, search: q }
  if (within !== undefined) {
    // A cursor is of one list, so its end may not move from page to page.
    const from = Math.floor(now / DAY_MS) * DAY_MS
    return { ...common, expiringBefore: `${from + within * DAY_MS}` }
  }
  return { ...common, ...(sort !== undefined && { sort }), ...(order !== undefined && { order }) }
}
