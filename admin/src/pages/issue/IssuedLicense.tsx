import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { Button } from '../../components/Button.tsx'
import { Secret } from '../../components/CopyableText.tsx'
import { DescriptionList } from '../../components/DescriptionList.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { isLifetime } from '../../format/time.ts'

interface IssueResponse {
  readonly license: string
  readonly userId: string
  readonly userEmail: string | null
  readonly tier: string
  readonly expiresAt: number
  readonly generatedAt: number
}

interface IssuedLicenseProps {
  readonly response: IssueResponse
  readonly onReset: () => void
}

export function IssuedLicense({ response, onReset }: IssuedLicenseProps) {
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus(), [])
  const { license, userId, userEmail, tier, expiresAt, generatedAt } = response
  return (
    <section className="card form stack">
      <h2 ref={title} tabIndex={-1}>
        License issued
      </h2>
      <Secret text={license} name="license key">
        <strong>License key.</strong> Anyone with this key can use the license.
      </Secret>
      <DescriptionList
        items={{
          'User ID': userId,
          Email: userEmail ?? 'None; the key is not emailed',
          Tier: tier,
          Expires: isLifetime(expiresAt, generatedAt) ? 'Never' : <Timestamp at={expiresAt} />,
        }}
      />
      <div className="row">
        <Link to="/licenses" search={{ q: userEmail ?? userId }} className="button">
          View licenses
        </Link>
        <Button variant="primary" onPress={onReset}>
          Issue another
        </Button>
      </div>
    </section>
  )
}
