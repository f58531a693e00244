/** Finding licenses by what a person types into one field. */

import {
  type Filter,
  LICENSE_ID,
  type LicenseId,
  listLicenses,
  matchesFilter,
  type Page,
  type Position,
  searchLicenses,
} from '../license/index.ts'
import { findLicenseIds } from '../stripe/loadPurchases.ts'
import { invalidCursor } from './cursor.ts'
import type { AdminContext } from './route.ts'

type Searching = Pick<AdminContext, 'store' | 'now'>
type Narrowed = Pick<Filter, 'state' | 'tier'>

/**
 * Lists what a text is the whole id of, or else what it is the beginning of.
 *
 * @throws Problem `INVALID_REQUEST` for a place that is not in the list
 * @throws StoreUnavailable
 */
export async function search(
  context: Searching,
  text: string,
  filter: Narrowed,
  limit: number,
  after?: Position,
): Promise<Page> {
  if (typeof after?.at === 'string' && !isPlaceOf(text, after)) throw invalidCursor()
  if (typeof after?.at !== 'string') {
    const page = await byId(context, text, filter, limit, after)
    if (page.licenses.length > 0 || page.next || after) return page
  }
  return searchLicenses(context, text, filter, limit, after)
}

/** Nobody's list goes on outside of itself. */
const isPlaceOf = (text: string, { at, part }: Position) =>
  `${at}`.startsWith(part === 1 ? text : text.toLowerCase())

async function byId(
  context: Searching,
  text: string,
  filter: Narrowed,
  limit: number,
  after?: Position,
): Promise<Page> {
  if (/^cus_\w+$/.test(text)) {
    return listLicenses(context, { ...filter, customerId: text }, limit, after)
  }
  if (/^sub_\w+$/.test(text)) {
    return listLicenses(context, { ...filter, subscriptionId: text }, limit, after)
  }
  return { licenses: await among(context, await idsOf(context, text), filter) }
}

/** A license is found by its own id, or by that of a payment or checkout that it came of. */
async function idsOf({ store }: Searching, text: string): Promise<readonly LicenseId[]> {
  if (LICENSE_ID.test(text)) return [text as LicenseId]
  return /^(pi|py|cs|in|ch)_\w+$/.test(text) ? findLicenseIds(store, text) : []
}

async function among({ store, now }: Searching, ids: readonly LicenseId[], filter: Narrowed) {
  const found = await Promise.all(ids.map((id) => store.find(id)))
  return found
    .filter((license) => license !== undefined)
    .filter((license) => matchesFilter(license, filter, now))
}
