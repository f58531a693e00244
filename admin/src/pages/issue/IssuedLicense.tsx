import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { Button } from '../../components/Button.tsx'
import { CopyableText } from '../../components/CopyableText.tsx'
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

/** The license that was issued, with its key. */
export function IssuedLicense({ answer, onAgain }: { answer: IssueResponse; onAgain: () => void }) {
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus(), [])
  const { license, userId, userEmail, tier, expiresAt, generatedAt } = answer
  return (
    <section className="card form">
      <h2 ref={head} tabIndex={-1}>
        Issued
      </h2>
      <div className="key-shown">
        <p>
          <strong>The key.</strong> Whoever has it can use it.
        </p>
        <CopyableText text={license} what="the key" />
      </div>
      <dl className="facts">
        <div>
          <dt>User</dt>
          <dd>{userId}</dd>
        </div>
        <div>
          <dt>E-mail</dt>
          <dd>{userEmail ?? 'none, so the key is not mailed'}</dd>
        </div>
        <div>
          <dt>Tier</dt>
          <dd>{tier}</dd>
        </div>
        <div>
          <dt>Ends</dt>
          <dd>{isLifetime(expiresAt, generatedAt) ? 'Never' : <Timestamp at={expiresAt} />}</dd>
        </div>
      </dl>
      <div className="buttons">
        <Link to="/licenses" search={{ q: userEmail ?? userId }} className="button">
          Show its licenses
        </Link>
        <Button variant="primary" onPress={onAgain}>
          Issue another
        </Button>
      </div>
    </section>
  )
}
