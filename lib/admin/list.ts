/** Looking for licenses. */

import * as z from 'zod/mini'
import { Problem } from '../http/problem.ts'
import { id } from '../http/request.ts'
import {
  type Filter,
  type LicenseId,
  listLicenses,
  type Position,
  STATES,
  toDeviceKey,
} from '../license/index.ts'
import { decodeAnyCursor, decodeCursor, encodeCursor } from './cursor.ts'
import { type AdminContext, defineRoute } from './route.ts'
import { DEFAULT_LIMIT, licenseResponse, limit, moment } from './schemas.ts'
import { search } from './search.ts'
import { toLicenseResponse } from './view.ts'

const listQuery = z.strictObject({
  search: z.optional(
    z.pipe(
      id,
      z.transform((text, { issues }) => {
        if (text.trim() !== '') return text.trim()
        issues.push({ code: 'custom', message: 'must not be empty', input: text })
        return z.NEVER
      }),
    ),
  ),
  user: z.optional(id),
  email: z.optional(id),
  tier: z.optional(id),
  state: z.optional(z.enum(STATES, `must be one of ${STATES.join(', ')}`)),
  customer: z.optional(id),
  subscription: z.optional(id),
  device: z.optional(id),
  expiringBefore: z.optional(moment),
  sort: z.optional(z.enum(['created', 'end'], 'must be one of created, end')),
  order: z.optional(z.enum(['asc', 'desc'], 'must be one of asc, desc')),
  limit: z.optional(limit),
  cursor: z.optional(z.string()),
})

type Asked = Omit<z.output<typeof listQuery>, 'limit' | 'cursor'>

/** What has an index of its own, which is sorted by when a license was made. */
const INDEXED = ['user', 'email', 'customer', 'subscription', 'device'] as const

/** What cannot be asked for together, by what was asked for. */
function excluded({ search: text, sort, expiringBefore }: Asked): readonly (keyof Asked)[] {
  if (text !== undefined) return [...INDEXED, 'expiringBefore', 'sort', 'order']
  if (sort === 'end') return INDEXED
  return sort === 'created' && expiringBefore !== undefined ? ['sort'] : []
}

function refuseExcluded(asked: Asked) {
  const fields = excluded(asked)
    .filter((path) => asked[path] !== undefined)
    .map((path) => ({
      path,
      message: `cannot be combined with ${asked.search === undefined ? 'this order' : 'search'}`,
    }))
  if (fields.length > 0) throw new Problem('INVALID_REQUEST', { fields })
}

const filterOf = (asked: Asked, { keys }: AdminContext): Filter => ({
  ...(asked.user !== undefined && { userId: asked.user }),
  ...(asked.email !== undefined && { userEmail: asked.email }),
  ...(asked.tier !== undefined && { tier: asked.tier }),
  ...(asked.state !== undefined && { state: asked.state }),
  ...(asked.customer !== undefined && { customerId: asked.customer }),
  ...(asked.subscription !== undefined && { subscriptionId: asked.subscription }),
  ...(asked.device !== undefined && { device: toDeviceKey(asked.device, keys.pepper) }),
  ...(asked.expiringBefore !== undefined && { expiringBefore: asked.expiringBefore }),
  ...(asked.sort !== undefined && { sort: asked.sort }),
  ...(asked.order !== undefined && { order: asked.order }),
})

function pageOf(context: AdminContext, asked: Asked, wanted: number, cursor?: string) {
  const fromThis = asked.search === undefined ? decodeCursor : decodeAnyCursor
  const place = cursor === undefined ? undefined : fromThis(cursor, asked)
  const after: Position | undefined = place && { ...place, id: place.id as LicenseId }
  const filter = filterOf(asked, context)
  return asked.search === undefined
    ? listLicenses(context, filter, wanted, after)
    : search(context, asked.search, filter, wanted, after)
}

export const LIST_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/licenses',
    scope: 'licenses:read',
    summary:
      'Lists licenses, newest first; those asked for by `expiringBefore`, or with `sort=end`, soonest first, without ' +
      'those that have no end. `search` takes the beginning of an address or a user id, or a whole id of a license, ' +
      'customer, subscription or payment. A page may hold fewer than `limit`, even none, and yet a `cursor` to go on with.',
    query: listQuery,
    response: z.object({ items: z.array(licenseResponse), cursor: z.optional(z.string()) }),
    async respond(context, { query }) {
      const { limit: wanted = DEFAULT_LIMIT, cursor, ...asked } = query
      refuseExcluded(asked)
      const { licenses, next } = await pageOf(context, asked, wanted, cursor)
      return {
        items: licenses.map((license) => toLicenseResponse(license, context.now)),
        ...(next && { cursor: encodeCursor(next, asked) }),
      }
    },
  }),
]
