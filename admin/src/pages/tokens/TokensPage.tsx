import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { sessionQuery, tokensQuery } from '../../api/queries.ts'
import type { Token } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { Secret } from '../../components/CopyableText.tsx'
import { Tags } from '../../components/DescriptionList.tsx'
import { Page } from '../../components/Page.tsx'
import { PagedList } from '../../components/QueryStatus.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { describeToken } from '../../labels/history.ts'
import { CreateTokenDialog } from './CreateTokenDialog.tsx'
import { RevokeTokenDialog } from './RevokeTokenDialog.tsx'

export function TokensPage() {
  const { data: session } = useQuery(sessionQuery())
  const [isCreating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<Token>()
  const [created, setCreated] = useState<string>()
  return (
    <Page
      title="API tokens"
      subtitle="Tokens that can call the API. The root token is not listed."
      toolbar={
        <Button variant="primary" onPress={() => setCreating(true)}>
          Create token
        </Button>
      }
    >
      {created !== undefined && (
        <Secret text={created} name="token" onHide={() => setCreated(undefined)}>
          <strong>Copy the token now.</strong> You won’t be able to see it again.
        </Secret>
      )}
      <PagedList
        query={useInfiniteQuery(tokensQuery())}
        name="API tokens"
        emptyText="No API tokens yet. Create one for each person and server that calls the API."
        renderItem={(token) => (
          <TokenCard
            key={token.id}
            token={token}
            isCurrent={token.id === session?.tokenId}
            onRevoke={() => setRevoking(token)}
          />
        )}
      />
      {isCreating && (
        <CreateTokenDialog
          scopes={session?.scopes ?? []}
          onCreated={(token) => {
            setCreating(false)
            setCreated(token)
          }}
          onClose={() => setCreating(false)}
        />
      )}
      {revoking && (
        <RevokeTokenDialog
          token={revoking}
          isCurrent={revoking.id === session?.tokenId}
          onClose={() => setRevoking(undefined)}
        />
      )}
    </Page>
  )
}

interface TokenCardProps {
  readonly token: Token
  readonly isCurrent: boolean
  readonly onRevoke: () => void
}

function TokenCard({ token, isCurrent, onRevoke }: TokenCardProps) {
  const { name, scopes, createdAt, createdBy, revokedAt, lastUsedAt, id } = token
  return (
    <li className="card">
      <div className="row spread">
        <h2 className="row">
          {name} <TokenBadge {...token} /> {isCurrent && <Badge tone="info">Current session</Badge>}
        </h2>
        {revokedAt === null && (
          <Button variant="danger" label={`Revoke ${name}`} onPress={onRevoke}>
            Revoke
          </Button>
        )}
      </div>
      <Tags items={scopes} />
      <p className="hint">
        Created <Timestamp at={createdAt} /> with {describeToken(createdBy)}
        {' · '}
        {lastUsedAt === null ? 'Never used' : <>Last used {<Timestamp at={lastUsedAt} />}</>}
        {' · '}
        <TokenEnd {...token} />
        {' · '}
        <code title={id}>{id.slice(0, 12)}…</code>
      </p>
    </li>
  )
}

const hasExpired = ({ expiresAt }: Token) => expiresAt !== null && expiresAt <= Date.now()

function TokenEnd(token: Token) {
  const { expiresAt, revokedAt } = token
  if (revokedAt !== null) return <>Revoked {<Timestamp at={revokedAt} />}</>
  if (expiresAt === null) return 'No expiry date'
  return (
    <>
      {hasExpired(token) ? 'Expired' : 'Expires'} <Timestamp at={expiresAt} />
    </>
  )
}

function TokenBadge(token: Token) {
  if (token.revokedAt !== null) return <Badge tone="danger">Revoked</Badge>
  if (hasExpired(token)) return <Badge tone="neutral">Expired</Badge>
  return <Badge tone="success">Active</Badge>
}
