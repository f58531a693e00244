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

/** The authenticated caller. */
export interface Caller {
  /** `root` for the root token. */
  readonly tokenId: string
  /** Null for the root token. */
  readonly name: string | null
  readonly scopes: readonly Scope[]
  /** Milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null
}

export interface AuthContext {
  /** The root token, which has every scope. */
  readonly adminToken: KeyObject
  readonly pepper: KeyObject
  /** Limits failed attempts per network. Its `tokens` reject a blocked network before the lookup. */
  readonly limiter: {
    readonly tokens: Pick<TokenStore, 'find' | 'used'>
    assertNotLimited(): Promise<void>
    countFailure(scope: 'token'): Promise<void>
  }
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Precision of `lastUsedAt`. Writing it on each request would cost more than the request. */
const USE_MS = 60 * 60 * 1000

/**
 * Authenticates a caller by `Authorization: Bearer <token>`. Unknown tokens count as failed attempts. Expired and revoked
 * tokens do not: a server that still uses one would block the others behind its address.
 *
 * @param scope null if any valid token is sufficient
 * @throws Problem `UNAUTHORIZED` without a valid token, `FORBIDDEN` if it lacks the scope
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
