import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { unmatchedPurchasesQuery } from '../../api/queries.ts'
import type { UnmatchedPurchase } from '../../api/types.ts'
import { Page } from '../../components/Page.tsx'
import { PagedList } from '../../components/QueryStatus.tsx'
import { StripeLink } from '../../components/StripeLink.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { canIssueLicense, describeIssue } from '../../labels/purchaseIssues.ts'

export function UnmatchedPurchasesPage() {
  return (
    <Page
      title="Unmatched purchases"
      subtitle="Paid purchases that have no license because their tier is unknown."
    >
      <PagedList
        query={useInfiniteQuery(unmatchedPurchasesQuery())}
        name="purchases"
        emptyText="No unmatched purchases. Every purchase has a license."
        renderItem={(item) => <PurchaseCard key={item.purchase} {...item} />}
      />
    </Page>
  )
}

function PurchaseCard(item: UnmatchedPurchase) {
  const { purchase, alerts, at, userEmail, customerId, subscriptionId, paymentIntentId } = item
  // A free Checkout session has neither a payment nor a subscription.
  const ids = new Set([purchase, subscriptionId, paymentIntentId, customerId])
  return (
    <li className="card">
      <h2>{userEmail ?? purchase}</h2>
      <p className="hint">
        <Timestamp at={at} />
      </p>
      <ul className="row">
        {[...ids]
          .filter((id) => id !== null)
          .map((id) => (
            <li key={id} className="badge">
              <StripeLink id={id} />
            </li>
          ))}
      </ul>
      <dl className="issues">
        {alerts.map((alert) => {
          const { description, resolution } = describeIssue(alert)
          return (
            <div key={alert}>
              <dt>
                <code>{alert}</code> {description}
              </dt>
              <dd className="hint">{resolution}</dd>
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
          Issue license
        </Link>
      )}
    </li>
  )
}
