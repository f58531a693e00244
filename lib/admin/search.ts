import {
  type Filter,
  LICENSE_ID,
  type LicenseId,
  listLicenses,
  matchesFilter,
  searchLicenses,
} from '../license/index.ts'
import type { Position } from '../license/store.ts'
import { findLicenseIds } from '../stripe/loadPurchases.ts'
import { invalidCursor } from './cursor.ts'
import type { AdminContext } from './route.ts'

type SearchContext = Pick<AdminContext, 'store' | 'now'>
type SearchFilter = Pick<Filter, 'state' | 'tier'>

/**
 * Lists the licenses with an id equal to a text, or else with an email address or user id that starts with it.
 *
 * @throws Problem `INVALID_REQUEST` if `after` is outside the list
 * @throws StoreUnavailable
 */
export async function search(
  context: SearchContext,
  text: string,
  filter: SearchFilter,
  limit: number,
  after?: Position,
): ReturnType<typeof searchLicenses> {
  if (typeof after?.at === 'string' && !isInRange(text, after)) throw invalidCursor()
  if (typeof after?.at !== 'string') {
    const page = await findById(context, text, filter, limit, after)
    if (page.licenses.length > 0 || page.next || after) return page
  }
  return searchLicenses(context, text, filter, limit, after)
}

/** Returns true if a cursor lies within the searched prefix. Rejects tampered cursors. */
const isInRange = (text: string, { at, part }: Position) =>
  `${at}`.startsWith(part === 1 ? text : text.toLowerCase())

async function findById(
  context: SearchContext,
  text: string,
  filter: SearchFilter,
  limit: number,
  after?: Position,
): ReturnType<typeof searchLicenses> {
  if (/^cus_\w+$/.test(text)) {
    return listLicenses(context, { ...filter, customerId: text }, limit, after)
  }
  if (/^sub_\w+$/.test(text)) {
    return listLicenses(context, { ...filter, subscriptionId: text }, limit, after)
  }
  const { store, now } = context
  const ids = await findIds(context, text)
  const licenses = (await Promise.all(ids.map((id) => store.find(id))))
    .filter((license) => license !== undefined)
    .filter((license) => matchesFilter(license, filter, now))
  return { licenses }
}

/** Finds licenses by their own id, or by that of their payment or checkout. */
async function findIds({ store }: SearchContext, text: string): Promise<readonly LicenseId[]> {
  if (LICENSE_ID.test(text)) return [text as LicenseId]
  return /^(pi|py|cs|in|ch)_\w+$/.test(text) ? findLicenseIds(store, text) : []
}
