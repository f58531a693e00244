import type { ReactNode } from 'react'
import { Button } from './Button.tsx'
import { ErrorMessage } from './ErrorMessage.tsx'
import { EmptyState, Skeleton } from './Page.tsx'

interface Query {
  readonly data: unknown
  readonly error: unknown
  readonly refetch: () => unknown
}

interface QueryStatusProps {
  readonly query: Query
  /** Names the data in the plural, as in "licenses". */
  readonly name: string
  /** Rows of the skeleton. */
  readonly rows?: number
}

/** Shows that a query is loading or has failed; nothing once it has succeeded. */
export function QueryStatus({ query: { data, error, refetch }, name, rows }: QueryStatusProps) {
  if (!error) return data === undefined ? <Skeleton rows={rows} label={`Loading ${name}`} /> : null
  const title =
    data === undefined
      ? `Could not load ${name}.`
      : `Could not refresh ${name}. Showing older data.`
  return <ErrorMessage error={error} title={title} onRetry={() => void refetch()} />
}

interface PagedListProps<Item> extends QueryStatusProps {
  readonly query: Query & {
    readonly data: { readonly pages: readonly { readonly items: readonly Item[] }[] } | undefined
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: () => unknown
  }
  readonly emptyText: string
  readonly renderItem: (item: Item) => ReactNode
}

/** A list that loads its next page on demand. */
export function PagedList<Item>({ emptyText, renderItem, ...status }: PagedListProps<Item>) {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = status.query
  const items = data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <QueryStatus {...status} />
      {data && items.length === 0 && <EmptyState>{emptyText}</EmptyState>}
      <ul className="stack">{items.map(renderItem)}</ul>
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Load more
        </Button>
      )}
    </>
  )
}
