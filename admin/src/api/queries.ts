/** What is asked of the service, and under which name it is kept meanwhile. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { ListSearch } from '../pages/licenses/search.ts'
import { api, dataOf } from './client.ts'
import { toListQuery } from './listQuery.ts'

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
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/admin/licenses', {
          params: { query: toListQuery(search, Date.now()) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  })

export const licenseQuery = (id: string) =>
  queryOptions({
    queryKey: ['license', id],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/admin/licenses/{id}', { params: { path: { id } }, signal })),
  })

export const unmatchedPurchasesQuery = () =>
  infiniteQueryOptions({
    queryKey: ['parked'],
    queryFn: ({ signal, pageParam: cursor }) =>
      dataOf(api.GET('/api/admin/parked', { params: { query: cursor ? { cursor } : {} }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor,
  })

export const tokensQuery = () =>
  infiniteQueryOptions({
    queryKey: ['tokens'],
    queryFn: ({ signal, pageParam: cursor }) =>
      dataOf(api.GET('/api/admin/tokens', { params: { query: cursor ? { cursor } : {} }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ cursor }) => cursor,
  })
