/** The queries of the panel, with their cache keys. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { type ListSearch, toListQuery } from '../pages/licenses/search.ts'
import { api, dataOf } from './client.ts'

const MINUTE_MS = 60_000

export const sessionQuery = () =>
  queryOptions({
    queryKey: ['session'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/admin/session', { signal })),
    staleTime: 10 * MINUTE_MS,
  })

export const catalogQuery = () =>
  queryOptions({
    queryKey: ['catalog'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/admin/catalog', { signal })),
    staleTime: 10 * MINUTE_MS,
  })

export const overviewQuery = () =>
  queryOptions({
    queryKey: ['overview'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/admin/overview', { signal })),
    staleTime: MINUTE_MS / 2,
    refetchInterval: MINUTE_MS,
  })

export const licensesQuery = (search: ListSearch) =>
  queryOptions({
    queryKey: ['licenses', search],
    queryFn: ({ signal }) => {
      const params = { query: toListQuery(search, Date.now()) }
      return dataOf(api.GET('/api/admin/licenses', { params, signal }))
    },
    placeholderData: keepPreviousData,
  })

export const licenseQuery = (id: string) =>
  queryOptions({
    queryKey: ['license', id],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/admin/licenses/{id}', { params: { path: { id } }, signal })),
  })

interface CursorPage {
  readonly cursor?: string
}

/** Follows the cursors of a list. */
const cursorPaging = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ cursor }: CursorPage) => cursor,
}

const cursorParams = (cursor: string | undefined) => ({ query: cursor ? { cursor } : {} })

export const unmatchedPurchasesQuery = () =>
  infiniteQueryOptions({
    queryKey: ['unmatchedPurchases'],
    queryFn: ({ signal, pageParam }) =>
      dataOf(
        api.GET('/api/admin/unmatched-purchases', { params: cursorParams(pageParam), signal }),
      ),
    ...cursorPaging,
  })

export const tokensQuery = () =>
  infiniteQueryOptions({
    queryKey: ['tokens'],
    queryFn: ({ signal, pageParam }) =>
      dataOf(api.GET('/api/admin/tokens', { params: cursorParams(pageParam), signal })),
    ...cursorPaging,
  })
