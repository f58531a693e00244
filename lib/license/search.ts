import type { License } from './license.ts'
import { type Filter, matchesFilter } from './list.ts'
import { type Page, paginate } from './paginate.ts'
import type { LicenseStore, Position } from './store.ts'

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
