import type { KeyObject } from 'node:crypto'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import {
  isSameSecret,
  isUsable,
  SCOPES,
  type Scope,
  TOKEN,
  type TokenStore,
  tokenId,
} from '../access/token.ts'
import { Problem } from './problem.ts'

/** Who calls, for the audit trail, and what it may do. */
export interface Caller {
  /** `root`, or the id of a token. */
  readonly tokenId: string
  /** What its maker called it; null for the root. */
  readonly name: string | null
  readonly scopes: readonly Scope[]
  /** Until when, in milliseconds since the epoch; null for the root. */
  readonly expiresAt: number | null
}

export interface AuthContext {
  /** The token of the secret, which may do everything. */
  readonly adminToken: KeyObject
  readonly pepper: KeyObject
  /** Stands before guesses: what it looks up, it refuses to whoever failed too often. */
  readonly limiter: {
    readonly tokens: Pick<TokenStore, 'find' | 'used'>
    assertNotLimited(): Promise<void>
    countFailure(scope: 'token'): Promise<void>
  }
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** How old the last use of a token may be said to be: a write for every request would cost more than the request. */
const USE_MS = 60 * 60 * 1000

/**
 * Lets in whoever presents a token with a scope, as `Authorization: Bearer <token>`. A token that nobody was given is a
 * failed try, and whoever failed too often is not told of any; one that has ended is none, or a server that was not told
 * of it yet would lock out the others behind its address.
 *
 * @param scope null where any good token will do
 *
 * @throws Problem `UNAUTHORIZED` without a good token, `FORBIDDEN` for one that may not
 * @throws RateLimitError
 */
export async function authenticate(
  { headers }: APIGatewayProxyEventV2,
  { adminToken, pepper, limiter, now }: AuthContext,
  scope: Scope | null,
): Promise<Caller> {
  const presented = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
  if (presented === undefined) throw new Problem('UNAUTHORIZED')
  const { tokens } = limiter
  const token = TOKEN.test(presented)
    ? await tokens.find(tokenId(presented, pepper))
    : await limiter.assertNotLimited()
  if (isSameSecret(presented, adminToken)) {
    return { tokenId: 'root', name: null, scopes: SCOPES, expiresAt: null }
  }
  if (!token) await limiter.countFailure('token')
  if (!token || !isUsable(token, now)) throw new Problem('UNAUTHORIZED')
  if (scope !== null && !token.scopes.includes(scope)) {
    throw new Problem('FORBIDDEN', { error: `The API token lacks the scope ${scope}` })
  }
  const before = now - USE_MS
  if ((token.lastUsedAt ?? 0) <= before) await tokens.used(token.id, now, before)
  const { id, name, scopes, expiresAt } = token
  return { tokenId: id, name, scopes, expiresAt }
}
