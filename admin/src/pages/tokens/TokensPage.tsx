import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { sessionQuery, tokensQuery } from '../../api/queries.ts'
import type { Token } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { CopyableText } from '../../components/CopyableText.tsx'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { EmptyState, Page } from '../../components/Page.tsx'
import { Skeleton } from '../../components/Skeleton.tsx'
import { Timestamp } from '../../components/Timestamp.tsx'
import { CreateTokenDialog } from './CreateTokenDialog.tsx'
import { RevokeTokenDialog } from './RevokeTokenDialog.tsx'

export function TokensPage() {
  const { data: session } = useQuery(sessionQuery())
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    tokensQuery(),
  )
  const [isMaking, setMaking] = useState(false)
  const [ending, setEnding] = useState<Token>()
  const [made, setMade] = useState<string>()
  const tokens = data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Page
      title="API tokens"
      lead="Who may call the service, and what for. The token of the secret is not among them."
      tools={
        <Button variant="primary" onPress={() => setMaking(true)}>
          Make a token
        </Button>
      }
    >
      {made !== undefined && (
        <div className="key-shown" role="status">
          <p>
            <strong>The token is shown this once.</strong> Copy it now; only a hash of it is kept.
          </p>
          <CopyableText text={made} what="the token" />{' '}
          <Button onPress={() => setMade(undefined)}>I have it</Button>
        </div>
      )}
      {error && (
        <ErrorMessage
          error={error}
          what="The tokens could not be loaded."
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Skeleton rows={6} />}
      {data && tokens.length === 0 && (
        <EmptyState>There are none yet. Make one for each server and person that calls.</EmptyState>
      )}
      <ul className="stack bare">
        {tokens.map((token) => (
          <TokenCard
            key={token.id}
            token={token}
            isOwn={token.id === session?.tokenId}
            onRevoke={() => setEnding(token)}
          />
        ))}
      </ul>
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
      {isMaking && (
        <CreateTokenDialog
          scopes={session?.scopes ?? []}
          onCreated={(token) => {
            setMaking(false)
            setMade(token)
          }}
          onClose={() => setMaking(false)}
        />
      )}
      {ending && (
        <RevokeTokenDialog
          token={ending}
          isOwn={ending.id === session?.tokenId}
          onClose={() => setEnding(undefined)}
        />
      )}
    </Page>
  )
}

interface TokenCardProps {
  readonly token: Token
  readonly isOwn: boolean
  readonly onRevoke: () => void
}

function TokenCard({ token, isOwn, onRevoke }: TokenCardProps) {
  const { name, scopes, createdAt, createdBy, expiresAt, revokedAt, lastUsedAt, id } = token
  return (
    <li className="card token">
      <div>
        <h2>
          {name} <TokenStatus {...token} />{' '}
          {isOwn && (
            <Badge tone="note" sign="➝">
              This session
            </Badge>
          )}
        </h2>
        <ul className="tags">
          {scopes.map((scope) => (
            <li key={scope}>{scope}</li>
          ))}
        </ul>
        <p className="hint">
          Made <Timestamp at={createdAt} /> by{' '}
          {createdBy === 'root' ? (
            'the token of the secret'
          ) : (
            <code>{createdBy.slice(0, 12)}…</code>
          )}
          {' · '}
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <Timestamp at={lastUsedAt} />
            </>
          )}
          {' · '}
          {revokedAt !== null ? (
            <>
              revoked <Timestamp at={revokedAt} />
            </>
          ) : expiresAt === null ? (
            'does not end'
          ) : (
            <>
              ends <Timestamp at={expiresAt} />
            </>
          )}
          {' · '}
          <code title={id}>{id.slice(0, 12)}…</code>
        </p>
      </div>
      {revokedAt === null && (
        <Button variant="danger" label={`Revoke ${name}`} onPress={onRevoke}>
          Revoke
        </Button>
      )}
    </li>
  )
}

function TokenStatus({ revokedAt, expiresAt }: Token) {
  if (revokedAt !== null) {
    return (
      <Badge tone="bad" sign="✕">
        Revoked
      </Badge>
    )
  }
  return expiresAt !== null && expiresAt <= Date.now() ? (
    <Badge tone="quiet" sign="–">
      Has run out
    </Badge>
  ) : (
    <Badge tone="good" sign="●">
      Good
    </Badge>
  )
}
