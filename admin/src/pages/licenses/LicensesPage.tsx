import { useQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { licensesQuery } from '../../api/queries.ts'
import { Button } from '../../components/Button.tsx'
import { DataTable } from '../../components/DataTable.tsx'
import { EmptyState, Page } from '../../components/Page.tsx'
import { QueryStatus } from '../../components/QueryStatus.tsx'
import { LICENSE_COLUMNS } from './columns.tsx'
import { Filters } from './Filters.tsx'
import type { ListSearch } from './search.ts'

const SORTS = { createdAt: 'created', expiresAt: 'end' } as const

/** Returns the order of the list. Searches and expiring licenses have a fixed order. */
function sortingOf({ q, within, sort, order }: ListSearch) {
  if (q !== undefined) return { column: '', order: 'asc' as const, isFixed: true }
  if (within !== undefined) return { column: 'expiresAt', order: 'asc' as const, isFixed: true }
  return sort === 'end'
    ? { column: 'expiresAt', order: order ?? ('asc' as const), isFixed: false }
    : { column: 'createdAt', order: order ?? ('desc' as const), isFixed: false }
}

const withoutCursor = ({ cursor: _, ...rest }: ListSearch): ListSearch => rest

const isInvalidCursor = (error: unknown) =>
  error instanceof ApiError && error.details.fields?.some(({ path }) => path === 'cursor') === true

export function LicensesPage() {
  const search = useSearch({ from: '/licenses' })
  const navigate = useNavigate({ from: '/licenses' })
  const previousCursors = useLocation({ select: ({ state }) => state.previousCursors }) ?? []
  const licenses = useQuery(licensesQuery(search))
  const { data, error, isFetching, isPlaceholderData } = licenses
  const sorting = sortingOf(search)
  const rows = useMemo(() => data?.items ?? [], [data])

  // The search text arrives late, so it must be merged into the current search.
  const change = (changes: Partial<ListSearch>) =>
    void navigate({
      search: (current: ListSearch) => ({ ...withoutCursor(current), ...changes }),
      replace: changes.q !== undefined,
    })
  const sortBy = (column: string) => {
    const sort = SORTS[column as keyof typeof SORTS]
    const defaultOrder = sort === 'end' ? 'asc' : 'desc'
    const reverse = sorting.order === 'asc' ? 'desc' : 'asc'
    change({ sort, order: sorting.column === column ? reverse : defaultOrder })
  }

  const mustRestart = search.cursor !== undefined && isInvalidCursor(error)
  useEffect(() => {
    if (mustRestart) void navigate({ search: withoutCursor(search), replace: true })
  }, [mustRestart, navigate, search])

  return (
    <Page
      title="Licenses"
      toolbar={
        <>
          <Link to="/issue" className="button button-primary">
            Issue license
          </Link>
          <Link to="/bulk" className="button">
            Bulk issue
          </Link>
        </>
      }
    >
      <Filters search={search} onChange={change} />
      {!mustRestart && <QueryStatus query={licenses} name="licenses" rows={8} />}
      {data && rows.length > 0 && (
        <DataTable
          caption="Licenses"
          columns={LICENSE_COLUMNS}
          rows={rows}
          rowId={({ id }) => id}
          sorting={sorting}
          {...(!sorting.isFixed && { onSort: sortBy, sortable: Object.keys(SORTS) })}
          isStale={isPlaceholderData}
        />
      )}
      {data && rows.length === 0 && <NoLicenses search={search} hasMore={!!data.cursor} />}
      <nav className="pager row" aria-label="Pages of licenses">
        {search.cursor !== undefined && (
          <Button
            onPress={() => {
              const cursor = previousCursors.at(-1)
              void navigate({
                search: { ...withoutCursor(search), ...(cursor && { cursor }) },
                state: (state) => ({ ...state, previousCursors: previousCursors.slice(0, -1) }),
              })
            }}
          >
            {previousCursors.length > 0 ? 'Previous' : 'First page'}
          </Button>
        )}
        <p role="status" className="hint">
          {isFetching
            ? 'Loading…'
            : data && `${rows.length} ${rows.length === 1 ? 'license' : 'licenses'} on this page`}
        </p>
        {data?.cursor !== undefined && (
          <Button
            isDisabled={isPlaceholderData}
            onPress={() =>
              void navigate({
                search: { ...search, cursor: data.cursor },
                state: (state) => ({
                  ...state,
                  previousCursors: search.cursor ? [...previousCursors, search.cursor] : [],
                }),
              })
            }
          >
            Next
          </Button>
        )}
      </nav>
    </Page>
  )
}

function NoLicenses({ search, hasMore }: { search: ListSearch; hasMore: boolean }) {
  if (hasMore) return <EmptyState>No matches on this page. Continue with the next one.</EmptyState>
  if (Object.keys(search).length === 0) {
    return (
      <EmptyState>
        No licenses yet. <Link to="/issue">Issue the first license</Link> or connect Stripe.
      </EmptyState>
    )
  }
  return (
    <EmptyState>
      No licenses match these filters. <Link to="/licenses">Clear filters</Link>
    </EmptyState>
  )
}
