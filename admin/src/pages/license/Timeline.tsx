import { useInfiniteQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { LicenseDetail, LicenseEvent } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Card } from '../../components/Page.tsx'
import { StripeLink } from '../../components/StripeLink.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { actionLabel, describeActor, type FieldChange, listChanges } from '../../labels/history.ts'

const PAGE_SIZE = 100

const eventKey = ({ at, requestId, action, after }: LicenseEvent) =>
  `${at} ${requestId} ${action} ${JSON.stringify(after)}`

/** Removes duplicates: a page starts with the time at which the previous one ended. */
const dedupe = (events: readonly LicenseEvent[]) => [
  ...new Map(events.map((event) => [eventKey(event), event])).values(),
]

export function Timeline({ license }: { license: LicenseDetail }) {
  const { id, version, events } = license
  const older = useInfiniteQuery({
    queryKey: ['license', id, 'events', version],
    queryFn: ({ pageParam: until, signal }) =>
      dataOf(
        api.GET('/api/admin/licenses/{id}/events', {
          params: { path: { id }, query: { until: `${until}`, limit: `${PAGE_SIZE}` } },
          signal,
        }),
      ),
    initialPageParam: events.at(-1)?.at ?? 0,
    getNextPageParam: ({ items }, _pages, until) => {
      const last = items.at(-1)
      return items.length === PAGE_SIZE && last && last.at < until ? last.at : undefined
    },
    enabled: false,
  })
  const allEvents = dedupe([...events, ...(older.data?.pages.flatMap(({ items }) => items) ?? [])])
  const hasMore = older.data ? older.hasNextPage : events.length >= PAGE_SIZE
  return (
    <Card title="History">
      <ol className="timeline">
        {allEvents.map((event) => (
          <Entry key={eventKey(event)} {...event} />
        ))}
      </ol>
      {older.error && (
        <ErrorMessage
          error={older.error}
          title="Could not load older entries."
          onRetry={() => void older.fetchNextPage()}
        />
      )}
      {hasMore && (
        <Button
          isPending={older.isFetching}
          onPress={() => void (older.data ? older.fetchNextPage() : older.refetch())}
        >
          Show older entries
        </Button>
      )}
    </Card>
  )
}

function Entry({ at, actor, action, reason, before, after }: LicenseEvent) {
  const { label, stripeEvent } = describeActor(actor)
  const changes = listChanges(before, after)
  // The API sets a fixed reason for devices, which adds nothing to the action.
  const hasReason = reason !== '' && reason !== 'device'
  return (
    <li>
      <h3>{actionLabel(action)}</h3>
      <p className="hint">
        <Timestamp at={at} /> by {label} {stripeEvent && <StripeLink id={stripeEvent} />}
      </p>
      {hasReason && <p className="reason">{reason}</p>}
      {changes.length > 0 && (
        <ul className="changes">
          {changes.map((change) => (
            <Change key={change.name} {...change} />
          ))}
        </ul>
      )}
    </li>
  )
}

function Change({ name, before, after }: FieldChange) {
  return (
    <li>
      <span className="hint">{name}</span>{' '}
      {before !== undefined && (
        <>
          <del>
            <span className="visually-hidden">was </span>
            {before}
          </del>{' '}
          <span aria-hidden="true">→</span>{' '}
        </>
      )}
      <ins>
        <span className="visually-hidden">is </span>
        {after ?? 'none'}
      </ins>
    </li>
  )
}
