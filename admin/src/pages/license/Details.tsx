import type { LicenseDetail } from '../../api/types.ts'
import { DescriptionList, Tags } from '../../components/DescriptionList.tsx'
import { Card } from '../../components/Page.tsx'
import { StripeLink } from '../../components/StripeLink.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { isLifetime } from '../../format/time.ts'

const stripeLink = (id: string | null) => id && <StripeLink id={id} />

export function Details({ license }: { license: LicenseDetail }) {
  const { expiresAt, issuedAt, features } = license
  const isForever = expiresAt === null || isLifetime(expiresAt, issuedAt)
  return (
    <div className="stack">
      <Card title="Details">
        <DescriptionList
          items={{
            'User ID': license.userId,
            Email: license.userEmail,
            Tier: license.tier,
            Seats: `${license.devices} of ${license.seats} used`,
            Expires: isForever ? 'Never' : <Timestamp at={expiresAt} />,
            Created: <Timestamp at={license.createdAt} />,
            'Key created': (
              <>
                <Timestamp at={issuedAt} />
                <span className="hint"> with master key {license.keyVersion}</span>
              </>
            ),
            Features: features.length === 0 ? null : <Tags items={features} />,
          }}
        />
      </Card>
      <Card title="Stripe">
        <DescriptionList
          items={{
            Payment: stripeLink(license.paymentIntentId),
            Subscription: stripeLink(license.subscriptionId),
            Customer: stripeLink(license.customerId),
          }}
        />
      </Card>
    </div>
  )
}
