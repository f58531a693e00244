import { useQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { licensesQuery } from '../../api/queries.ts'
import { Button } from '../../components/Button.tsx'
import { DataTable } from '../../components/DataTable.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { EmptyState, Page } from '../../components/Page.tsx'
import { Skeleton } from '../../components/Skeleton.tsx'
import { LICENSE_COLUMNS } from './columns.tsx'
import { Filters } from './Filters.tsx'
import type { ListSearch } from './search.ts'

const SORTS = { createdAt: 'created', expiresAt: 'end' } as const

/** Which column it is sorted by, whatever the URL says, and whether another may be chosen. */
function sortingOf({ q, within, sort, order }: ListSearch) {
  if (q !== undefined) return { column: '', order: 'asc' as const, isFree: false }
  if (within !== undefined) return { column: 'expiresAt', order: 'asc' as const, isFree: false }
  return sort === 'end'
    ? { column: 'expiresAt', order: order ?? ('asc' as const), isFree: true }
    : { column: 'createdAt', order: order ?? ('desc' as const), isFree: true }
}

const isOfAnotherList = (error: unknown) =>
  error instanceof ApiError && error.details.fields?.some(({ path }) => path === 'cursor') === true

export function LicensesPage() {
  const search = useSearch({ from: '/licenses' })
  const navigate = useNavigate({ from: '/licenses' })
  const trail = useLocation({ select: ({ state }) => state.trail })
  const { data, error, isFetching, isPlaceholderData, refetch } = useQuery(licensesQuery(search))
  const sorting = sortingOf(search)
  const rows = useMemo(() => data?.items ?? [], [data])

  const change = (changes: Partial<ListSearch>) => {
    // What is typed comes a moment later, when the rest may be another one.
    const changed = ({ cursor: _, ...rest }: ListSearch): ListSearch => ({ ...rest, ...changes })
    void navigate({ search: changed, replace: changes.q !== undefined })
  }
  const sortBy = (column: string) => {
    const sort = SORTS[column as keyof typeof SORTS]
    const isSame = sorting.column === column
    const first = sort === 'end' ? 'asc' : 'desc'
    const other = sorting.order === 'asc' ? 'desc' : 'asc'
    change({ sort, order: isSame ? other : first })
  }

  const mustBeginAgain = search.cursor !== undefined && isOfAnotherList(error)
  useEffect(() => {
    if (!mustBeginAgain) return
    const { cursor: _, ...rest } = search
    void navigate({ search: rest, replace: true })
  }, [mustBeginAgain, navigate, search])

  return (
    <Page
      title="Licenses"
      tools={
        <>
          <Link to="/issue" className="button button-primary">
            Issue a license
          </Link>
          <Link to="/bulk" className="button">
            Issue many
          </Link>
        </>
      }
    >
      <Filters search={search} onChange={change} />
      {error && !mustBeginAgain && (
        <ErrorMessage
          error={error}
          what="The licenses could not be loaded."
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Skeleton rows={8} label="Loading the licenses" />}
      {data && rows.length > 0 && (
        <DataTable
          caption="Licenses"
          columns={LICENSE_COLUMNS}
          rows={rows}
          rowId={({ id }) => id}
          sorting={sorting}
          {...(sorting.isFree && { onSort: sortBy, sortable: Object.keys(SORTS) })}
          isStale={isPlaceholderData}
        />
      )}
      {data && rows.length === 0 && <Empty search={search} hasMore={data.cursor !== undefined} />}
      <nav className="pager" aria-label="Pages of the list">
        {search.cursor !== undefined && (
          <Button
            onPress={() => {
              const before = trail?.at(-1)
              const { cursor: _, ...rest } = search
              void navigate({
                search: before ? { ...rest, cursor: before } : rest,
                state: (state) => ({ ...state, trail: trail?.slice(0, -1) ?? [] }),
              })
            }}
          >
            {trail && trail.length > 0 ? 'Previous page' : 'First page'}
          </Button>
        )}
        <p role="status" className="hint">
          {isFetching
            ? 'Loading …'
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
                  trail: search.cursor ? [...(trail ?? []), search.cursor] : [],
                }),
              })
            }
          >
            Next page
          </Button>
        )}
      </nav>
    </Page>
  )
}

function Empty({ search, hasMore }: { search: ListSearch; hasMore: boolean }) {
  if (hasMore) return <EmptyState>None on this page; there is more to look through.</EmptyState>
  if (Object.keys(search).length === 0) {
    return (
      <EmptyState>
        There are no licenses yet. <Link to="/issue">Issue the first one</Link>, or let Stripe do
        it.
      </EmptyState>
    )
  }
  return (
    <EmptyState>
      No license is like that. <Link to="/licenses">Show all licenses</Link>
    </EmptyState>
  )
}
