import type { License } from './license.ts'
import type { LicenseStore, Listed, Position, Selection } from './store.ts'

export interface Page {
  readonly licenses: readonly License[]
  /** The position of the next page. Absent on the last page. */
  readonly next?: Position
}

/** A selection that the store lists, and a filter for it. */
export interface Section {
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
export async function paginate(
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
