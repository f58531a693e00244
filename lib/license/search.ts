import type { License } from './license.ts'
import { type Filter, matchesFilter } from './list.ts'
import { type Page, paginate } from './paginate.ts'
import type { LicenseStore, Position } from './store.ts'

/**
 * Lists the licenses whose address begins with what somebody typed, in any case, and then those whose user id does,
 * each in the order of the alphabet and no license twice.
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
  const isGood = (license: License) => matchesFilter(license, filter, now)
  return paginate(
    store,
    [
      { selection: { by: 'emailStart', start }, isWanted: isGood },
      {
        selection: { by: 'userStart', start },
        isWanted: (license) => !hasAddress(license) && isGood(license),
      },
    ],
    limit,
    after,
  )
}
