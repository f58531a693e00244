import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Token } from '../../api/answers.ts'
import { sessionQuery, tokensQuery } from '../../api/queries.ts'
import { Action } from '../../parts/Action.tsx'
import { Badge } from '../../parts/Badge.tsx'
import { Copied } from '../../parts/Copied.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Nothing, Page } from '../../parts/Page.tsx'
import { Problem } from '../../parts/Problem.tsx'
import { Skeleton } from '../../parts/Skeleton.tsx'
import { NewToken } from './NewToken.tsx'
import { RevokeToken } from './RevokeToken.tsx'

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
        <Action kind="main" onPress={() => setMaking(true)}>
          Make a token
        </Action>
      }
    >
      {made !== undefined && (
        <div className="key-shown" role="status">
          <p>
            <strong>The token is shown this once.</strong> Copy it now; only a hash of it is kept.
          </p>
          <Copied text={made} what="the token" />{' '}
          <Action onPress={() => setMade(undefined)}>I have it</Action>
        </div>
      )}
      {error && (
        <Problem
          error={error}
          what="The tokens could not be loaded."
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Skeleton rows={6} />}
      {data && tokens.length === 0 && (
        <Nothing>There are none yet. Make one for each server and person that calls.</Nothing>
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
        <Action isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show more
        </Action>
      )}
      {isMaking && (
        <NewToken
          scopes={session?.scopes ?? []}
          onMade={(token) => {
            setMaking(false)
            setMade(token)
          }}
          onClose={() => setMaking(false)}
        />
      )}
      {ending && (
        <RevokeToken
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
          {name} <TokenState {...token} />{' '}
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
          Made <Moment at={createdAt} /> by{' '}
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
              last used <Moment at={lastUsedAt} />
            </>
          )}
          {' · '}
          {revokedAt !== null ? (
            <>
              revoked <Moment at={revokedAt} />
            </>
          ) : expiresAt === null ? (
            'does not end'
          ) : (
            <>
              ends <Moment at={expiresAt} />
            </>
          )}
          {' · '}
          <code title={id}>{id.slice(0, 12)}…</code>
        </p>
      </div>
      {revokedAt === null && (
        <Action kind="danger" label={`Revoke ${name}`} onPress={onRevoke}>
          Revoke
        </Action>
      )}
    </li>
  )
}

function TokenState({ revokedAt, expiresAt }: Token) {
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
