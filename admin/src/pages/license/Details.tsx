import type { ReactNode } from 'react'
import type { LicenseDetail } from '../../api/types.ts'
import { Card } from '../../components/Page.tsx'
import { StripeLink } from '../../components/StripeLink.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { isLifetime } from '../../format/time.ts'

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const NONE = <span className="hint">none</span>

export function Facts(license: LicenseDetail) {
  const { expiresAt, issuedAt, paymentIntentId, subscriptionId, customerId, features } = license
  return (
    <div className="stack">
      <Card title="License">
        <dl className="facts">
          <Fact name="User">{license.userId ?? NONE}</Fact>
          <Fact name="E-mail">{license.userEmail ?? NONE}</Fact>
          <Fact name="Tier">{license.tier}</Fact>
          <Fact name="Seats">
            {license.devices} of {license.seats} taken
          </Fact>
          <Fact name="Ends">
            {expiresAt === null || isLifetime(expiresAt, issuedAt) ? (
              'Never'
            ) : (
              <Timestamp at={expiresAt} />
            )}
          </Fact>
          <Fact name="Created">
            <Timestamp at={license.createdAt} />
          </Fact>
          <Fact name="Key made">
            <Timestamp at={issuedAt} />
            <span className="hint"> with master key {license.keyVersion}</span>
          </Fact>
          <Fact name="Unlocks">
            {features.length === 0 ? (
              NONE
            ) : (
              <ul className="tags">
                {features.map((feature) => (
                  <li key={feature}>{feature}</li>
                ))}
              </ul>
            )}
          </Fact>
        </dl>
      </Card>
      <Card title="Payments">
        <dl className="facts">
          <Fact name="Payment">{paymentIntentId ? <StripeLink id={paymentIntentId} /> : NONE}</Fact>
          <Fact name="Subscription">
            {subscriptionId ? <StripeLink id={subscriptionId} /> : NONE}
          </Fact>
          <Fact name="Customer">{customerId ? <StripeLink id={customerId} /> : NONE}</Fact>
        </dl>
      </Card>
    </div>
  )
}
