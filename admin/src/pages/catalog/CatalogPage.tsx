import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { catalogQuery } from '../../api/queries.ts'
import type { Tier } from '../../api/types.ts'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Card, Page } from '../../components/Page.tsx'
import { Skeleton } from '../../components/Skeleton.tsx'

const LIFETIME = -1

export function CatalogPage() {
  const { data, error, refetch } = useQuery(catalogQuery())
  return (
    <Page
      title="Catalog"
      lead="What is sold. It is a file, lib/catalog/catalog.ts, and changes with a deployment."
    >
      {error && (
        <ErrorMessage
          error={error}
          what="The catalog could not be loaded."
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Skeleton rows={8} />}
      {data && (
        <>
          <p className="below">
            <strong>{data.productName}</strong>: keys begin with <code>{data.prefix}</code>.
          </p>
          <div className="columns">
            {data.tiers.map((tier) => (
              <TierCard key={tier.name} {...tier} />
            ))}
          </div>
        </>
      )}
    </Page>
  )
}

function TierCard(tier: Tier) {
  const { name, label, seats, defaultDurationDays, requireDevice, leaseDays, graceDays } = tier
  const facts = [
    ['Name', name],
    ['Good for', defaultDurationDays === LIFETIME ? 'life' : `${defaultDurationDays} days`],
    ['Devices', `${seats}${requireDevice ? ', and only on activated ones' : ''}`],
    ['Goes on without asking', `${leaseDays} days`],
    ['Goes on after a failed renewal', `${graceDays} days`],
  ] as const
  return (
    <Card
      title={label}
      tools={
        <Link to="/licenses" search={{ tier: name }}>
          Its licenses
        </Link>
      }
    >
      <dl className="facts">
        {facts.map(([term, text]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{text}</dd>
          </div>
        ))}
        <div>
          <dt>Unlocks</dt>
          <dd>
            <ul className="tags">
              {tier.features.map((feature) => (
                <li key={feature}>{feature}</li>
              ))}
            </ul>
          </dd>
        </div>
        <div>
          <dt>Stripe prices</dt>
          <dd>
            {tier.stripePriceIds.length === 0 ? (
              <span className="hint">none</span>
            ) : (
              tier.stripePriceIds.map((price) => <code key={price}>{price} </code>)
            )}
          </dd>
        </div>
      </dl>
    </Card>
  )
}
