import { useInfiniteQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { LicenseDetail, LicenseEvent } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Card } from '../../components/Page.tsx'
import { StripeLink } from '../../components/StripeLink.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { actionLabel, describeActor, listChanges } from '../../labels/history.ts'

const PAGE_SIZE = 100

const nameOf = ({ at, requestId, action, after }: LicenseEvent) =>
  `${at} ${requestId} ${action} ${JSON.stringify(after)}`

/** Those that came twice, because a part begins with the moment that the one before ended with, are shown once. */
function dedupe(events: readonly LicenseEvent[]) {
  return [...new Map(events.map((event) => [nameOf(event), event])).values()]
}

export function Timeline({ license }: { license: LicenseDetail }) {
  const { id, version, events } = license
  const oldest = events.at(-1)
  const more = useInfiniteQuery({
    queryKey: ['license', id, 'events', version],
    queryFn: ({ pageParam: until, signal }) =>
      dataOf(
        api.GET('/api/admin/licenses/{id}/events', {
          params: { path: { id }, query: { until: `${until}`, limit: `${PAGE_SIZE}` } },
          signal,
        }),
      ),
    initialPageParam: oldest?.at ?? 0,
    getNextPageParam: ({ items }, _all, asked) => {
      const last = items.at(-1)
      return items.length === PAGE_SIZE && last && last.at < asked ? last.at : undefined
    },
    enabled: false,
  })
  const shown = dedupe([...events, ...(more.data?.pages.flatMap(({ items }) => items) ?? [])])
  const hasMore = more.data ? more.hasNextPage : events.length >= PAGE_SIZE
  return (
    <Card title="History">
      <ol className="timeline">
        {shown.map((event) => (
          <Entry key={nameOf(event)} {...event} />
        ))}
      </ol>
      {more.error && (
        <ErrorMessage
          error={more.error}
          what="What was before could not be loaded."
          onRetry={() => void more.fetchNextPage()}
        />
      )}
      {hasMore && (
        <Button
          isPending={more.isFetching}
          onPress={() => void (more.data ? more.fetchNextPage() : more.refetch())}
        >
          Show what was before
        </Button>
      )}
    </Card>
  )
}

function Entry({ at, actor, action, reason, before, after }: LicenseEvent) {
  const { label, stripeEvent } = describeActor(actor)
  const differences = listChanges(before, after)
  return (
    <li>
      <h3>{actionLabel(action)}</h3>
      <p className="hint">
        <Timestamp at={at} /> by {label} {stripeEvent && <StripeLink id={stripeEvent} />}
      </p>
      {reason !== '' && <p className="reason">{reason}</p>}
      {differences.length > 0 && (
        <ul className="differences">
          {differences.map((difference) => (
            <li key={difference.name}>
              <span className="name">{difference.name}</span>{' '}
              {difference.before !== undefined && (
                <>
                  <del>
                    <span className="visually-hidden">was </span>
                    {difference.before}
                  </del>{' '}
                  <span aria-hidden="true">→</span>{' '}
                </>
              )}
              <ins>
                <span className="visually-hidden">is </span>
                {difference.after ?? 'none'}
              </ins>
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}
