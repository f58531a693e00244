import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Parked } from '../../api/answers.ts'
import { parkedQuery } from '../../api/queries.ts'
import { Action } from '../../parts/Action.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Nothing, Page } from '../../parts/Page.tsx'
import { Problem } from '../../parts/Problem.tsx'
import { Skeleton } from '../../parts/Skeleton.tsx'
import { StripeLink } from '../../parts/StripeLink.tsx'
import { alertWords, isIssuable } from '../../words/alerts.ts'

export function ParkedPage() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    parkedQuery(),
  )
  const items = data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Page
      title="Purchases kept aside"
      lead="Paid for, and without a license until a person says what was bought."
    >
      {error && (
        <Problem
          error={error}
          what="The purchases could not be loaded."
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Skeleton rows={6} />}
      {data && items.length === 0 && <Nothing>None. Every purchase has its license.</Nothing>}
      <ul className="stack bare">
        {items.map((item) => (
          <Purchase key={item.purchase} {...item} />
        ))}
      </ul>
      {hasNextPage && (
        <Action isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show more
        </Action>
      )}
    </Page>
  )
}

function Purchase(parked: Parked) {
  const { purchase, alerts, at, userEmail, customerId, subscriptionId, paymentIntentId } = parked
  // A checkout that cost nothing has neither a payment nor a subscription.
  const ids = new Set([purchase, subscriptionId, paymentIntentId, customerId])
  return (
    <li className="card">
      <h2>{userEmail ?? purchase}</h2>
      <p className="hint">
        <Moment at={at} />
      </p>
      <ul className="tags">
        {[...ids]
          .filter((id) => id !== null)
          .map((id) => (
            <li key={id}>
              <StripeLink id={id} />
            </li>
          ))}
      </ul>
      <dl className="alerts">
        {alerts.map((alert) => {
          const { means, todo } = alertWords(alert)
          return (
            <div key={alert}>
              <dt>
                <code>{alert}</code> {means}
              </dt>
              <dd>{todo}</dd>
            </div>
          )
        })}
      </dl>
      {isIssuable(alerts) && (
        <Link
          to="/issue"
          search={{ payment: purchase, ...(userEmail && { email: userEmail }) }}
          className="button"
        >
          Issue a license for it
        </Link>
      )}
    </li>
  )
}
