import type { License } from './license.ts'
import { type Filter, isWanted } from './list.ts'
import type { LicenseStore, Position } from './store.ts'
import { type Page, walk } from './walk.ts'

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
  const isGood = (license: License) => isWanted(license, filter, now)
  return walk(
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
