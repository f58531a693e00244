import * as z from 'zod/mini'
import { Problem } from '../http/problem.ts'
import { id } from '../http/request.ts'
import { type Filter, type LicenseId, listLicenses, STATES, toDeviceKey } from '../license/index.ts'
import type { Position } from '../license/store.ts'
import { decodeAnyCursor, decodeCursor, encodeCursor } from './cursor.ts'
import { type AdminContext, defineRoute } from './route.ts'
import {
  DEFAULT_LIMIT,
  licenseResponse,
  limit,
  moment,
  pageResponse,
  toLicenseResponse,
} from './schemas.ts'
import { search } from './search.ts'

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

type ListFilter = Omit<z.output<typeof listQuery>, 'limit' | 'cursor'>

/** Filters with an index of their own, which is sorted by creation. */
const INDEXED = ['user', 'email', 'customer', 'subscription', 'device'] as const

/** Returns the parameters that cannot be combined with the given ones. */
function listExcluded({ search, sort, expiringBefore }: ListFilter): readonly (keyof ListFilter)[] {
  if (search !== undefined) return [...INDEXED, 'expiringBefore', 'sort', 'order']
  if (sort === 'end') return INDEXED
  return sort === 'created' && expiringBefore !== undefined ? ['sort'] : []
}

/** @throws Problem `INVALID_REQUEST` for parameters that exclude each other */
function rejectExcluded(filter: ListFilter) {
  const other = filter.search === undefined ? 'this order' : 'search'
  const fields = listExcluded(filter)
    .filter((path) => filter[path] !== undefined)
    .map((path) => ({ path, message: `cannot be combined with ${other}` }))
  if (fields.length > 0) throw new Problem('INVALID_REQUEST', { fields })
}

function toFilter(query: ListFilter, { keys }: AdminContext): Filter {
  const filter = {
    userId: query.user,
    userEmail: query.email,
    tier: query.tier,
    state: query.state,
    customerId: query.customer,
    subscriptionId: query.subscription,
    device: query.device === undefined ? undefined : toDeviceKey(query.device, keys.pepper),
    expiringBefore: query.expiringBefore,
    sort: query.sort,
    order: query.order,
  }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

function findPage(context: AdminContext, query: ListFilter, pageSize: number, cursor?: string) {
  const decode = query.search === undefined ? decodeCursor : decodeAnyCursor
  const position = cursor === undefined ? undefined : decode(cursor, query)
  const after: Position | undefined = position && { ...position, id: position.id as LicenseId }
  const filter = toFilter(query, context)
  return query.search === undefined
    ? listLicenses(context, filter, pageSize, after)
    : search(context, query.search, filter, pageSize, after)
}

export const LIST_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/licenses',
    scope: 'licenses:read',
    summary:
      'Lists licenses, newest first. With `expiringBefore` or `sort=end`, licenses that expire soonest come first and ' +
      'those that never expire are omitted. `search` matches the start of an email address or user id, or the complete ' +
      'id of a license, customer, subscription or payment. Pages can contain fewer than `limit` items; continue until ' +
      '`cursor` is absent.',
    query: listQuery,
    response: pageResponse(licenseResponse),
    async respond(context, { query }) {
      const { limit: pageSize = DEFAULT_LIMIT, cursor, ...filter } = query
      rejectExcluded(filter)
      const { licenses, next } = await findPage(context, filter, pageSize, cursor)
      return {
        items: licenses.map((license) => toLicenseResponse(license, context.now)),
        ...(next && { cursor: encodeCursor(next, filter) }),
      }
    },
  }),
]
