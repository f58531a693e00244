import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { catalogQuery } from '../../api/queries.ts'
import type { Tier } from '../../api/types.ts'
import { DescriptionList, Tags } from '../../components/DescriptionList.tsx'
import { Card, Page } from '../../components/Page.tsx'
import { QueryStatus } from '../../components/QueryStatus.tsx'

const LIFETIME = -1

export function CatalogPage() {
  const catalog = useQuery(catalogQuery())
  const { data } = catalog
  return (
    <Page
      title="Catalog"
      subtitle={
        <>
          The tiers you sell. To change them, edit <code>lib/catalog/catalog.ts</code> and deploy.
        </>
      }
    >
      <QueryStatus query={catalog} name="the catalog" rows={8} />
      {data && (
        <div className="stack">
          <p>
            <strong>{data.productName}</strong>: license keys start with <code>{data.prefix}</code>.
          </p>
          <div className="columns">
            {data.tiers.map((tier) => (
              <TierCard key={tier.name} {...tier} />
            ))}
          </div>
        </div>
      )}
    </Page>
  )
}

function TierCard(tier: Tier) {
  const { name, label, seats, defaultDurationDays, requireDevice, leaseDays, graceDays } = tier
  const { features, stripePriceIds } = tier
  return (
    <Card
      title={label}
      toolbar={
        <Link to="/licenses" search={{ tier: name }}>
          View licenses
        </Link>
      }
    >
      <DescriptionList
        items={{
          Name: name,
          Duration: defaultDurationDays === LIFETIME ? 'Lifetime' : `${defaultDurationDays} days`,
          Devices: `${seats}${requireDevice ? ', activation required' : ''}`,
          'Offline use': `${leaseDays} days`,
          'Grace period': `${graceDays} days`,
          Features: <Tags items={features} />,
          'Stripe prices':
            stripePriceIds.length === 0
              ? null
              : stripePriceIds.map((price) => <code key={price}>{price} </code>),
        }}
      />
    </Card>
  )
}
