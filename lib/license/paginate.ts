import type { License } from './license.ts'
import type { LicenseStore, Listed, Position, Selection } from './store.ts'

export interface Page {
  readonly licenses: readonly License[]
  /** Where the next page begins. Absent on the last one. */
  readonly next?: Position
}

/** What the store lists, and which of it is wanted. */
export interface Section {
  readonly selection: Selection
  readonly isWanted: (license: License) => boolean
}

/**
 * How many licenses are looked at for one page, for each that is wanted: a page of what is rare stays short, and is
 * not the last, rather than reading the whole table.
 */
const LOOKED_AT = 10

/**
 * Lists what is wanted of one part after the other.
 *
 * @throws StoreUnavailable
 */
export async function paginate(
  store: Pick<LicenseStore, 'list'>,
  parts: readonly Section[],
  limit: number,
  after?: Position,
): Promise<Page> {
  const found: Listed[] = []
  let looked = 0
  let position = after
  for (const [index, { selection, isWanted }] of parts.entries()) {
    if (index < (after?.part ?? 0)) continue
    for (let isMore = true; isMore; ) {
      const listed = await store.list(selection, limit, position)
      for (const { license, position: at } of listed) {
        position = { ...at, part: index }
        if (!isWanted(license)) continue
        found.push({ license, position })
        if (found.length === limit) return toPage(found, position)
      }
      looked += limit
      isMore = listed.length === limit
      if (isMore && looked >= limit * LOOKED_AT) return toPage(found, position)
    }
    // The next part begins at its beginning.
    position = undefined
  }
  return toPage(found)
}

const toPage = (found: readonly Listed[], next?: Position): Page => ({
  licenses: found.map(({ license }) => license),
  ...(next && { next }),
})
