import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { unmatchedPurchasesQuery } from '../../api/queries.ts'
import type { UnmatchedPurchase } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { EmptyState, Page } from '../../components/Page.tsx'
import { Skeleton } from '../../components/Skeleton.tsx'
import { StripeLink } from '../../components/StripeLink.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { canIssueLicense, describeIssue } from '../../labels/purchaseIssues.ts'

export function UnmatchedPurchasesPage() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    unmatchedPurchasesQuery(),
  )
  const items = data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Page
      title="Purchases kept aside"
      lead="Paid for, and without a license until a person says what was bought."
    >
      {error && (
        <ErrorMessage
          error={error}
          what="The purchases could not be loaded."
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Skeleton rows={6} />}
      {data && items.length === 0 && <EmptyState>None. Every purchase has its license.</EmptyState>}
      <ul className="stack bare">
        {items.map((item) => (
          <Purchase key={item.purchase} {...item} />
        ))}
      </ul>
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </Page>
  )
}

function Purchase(parked: UnmatchedPurchase) {
  const { purchase, alerts, at, userEmail, customerId, subscriptionId, paymentIntentId } = parked
  // A checkout that cost nothing has neither a payment nor a subscription.
  const ids = new Set([purchase, subscriptionId, paymentIntentId, customerId])
  return (
    <li className="card">
      <h2>{userEmail ?? purchase}</h2>
      <p className="hint">
        <Timestamp at={at} />
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
          const { means, todo } = describeIssue(alert)
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
      {canIssueLicense(alerts) && (
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
