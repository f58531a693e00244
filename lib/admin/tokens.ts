import * as z from 'zod/mini'
import { makeToken, SCOPES, TOKEN_ID, type Token, tokenId } from '../access/token.ts'
import { Problem } from '../http/problem.ts'
import { textSchema } from '../http/request.ts'
import { cursorAfter, decodeCursor } from './cursor.ts'
import { defineRoute, type Route } from './route.ts'
import { DEFAULT_LIMIT, day, pageQuery, pageResponse } from './schemas.ts'

const tokenResponse = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: z.number(),
  createdBy: z.string(),
  expiresAt: z.nullable(z.number()),
  revokedAt: z.nullable(z.number()),
  lastUsedAt: z.nullable(z.number()),
})

const newToken = z.object(
  {
    name: textSchema(1, 100),
    scopes: z
      .array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), 'must be a list')
      .check(z.minLength(1, 'must not be empty')),
    /** The last day on which the token is valid. */
    expires: z.optional(day),
  },
  'must be an object',
)

const LIST = { list: 'tokens' }

const earlier = (a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : Math.min(a, b)

export const TOKEN_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/tokens',
    scope: 'tokens:manage',
    summary: 'Lists the API tokens without their secrets, newest first.',
    query: pageQuery,
    response: pageResponse(tokenResponse),
    async respond({ tokens }, { query: { limit = DEFAULT_LIMIT, cursor } }) {
      const position = cursor === undefined ? undefined : decodeCursor(cursor, LIST)
      const items = await tokens.list(
        limit,
        position && { id: position.id, createdAt: position.at },
      )
      const toPosition = ({ id, createdAt }: Token) => ({ id, at: createdAt })
      return { items, ...cursorAfter(items, limit, toPosition, LIST) }
    },
  }),

  defineRoute({
    method: 'POST',
    path: '/tokens',
    scope: 'tokens:manage',
    summary:
      'Creates an API token. The secret is shown only once. A token cannot have more scopes or a later expiry than its creator.',
    body: newToken,
    response: z.extend(tokenResponse, { token: z.string() }),
    async respond({ tokens, keys, stage, caller, now }, { body }) {
      const { name, scopes, expires = null } = body
      if (expires !== null && expires <= now) {
        throw new Problem('INVALID_REQUEST', {
          fields: [{ path: 'expires', message: 'must be today or later' }],
        })
      }
      // Revoked access must not continue through a token created before.
      const expiresAt = earlier(expires, caller.expiresAt)
      const missing = scopes.filter((scope) => !caller.scopes.includes(scope))
      if (missing.length > 0) {
        throw new Problem('FORBIDDEN', { error: `The API token lacks ${missing.join(', ')}` })
      }
      const secret = makeToken(stage)
      const token: Token = {
        id: tokenId(secret, keys.pepper),
        name,
        scopes: SCOPES.filter((scope) => scopes.includes(scope)),
        createdAt: now,
        createdBy: caller.tokenId,
        expiresAt,
        revokedAt: null,
        lastUsedAt: null,
      }
      await tokens.add(token)
      return { ...token, token: secret }
    },
  }),

  defineRoute({
    method: 'POST',
    path: '/tokens/{id}/revoke',
    scope: 'tokens:manage',
    summary: 'Revokes an API token immediately.',
    response: tokenResponse,
    refusals: ['NOT_FOUND'],
    async respond({ tokens, now }, { params }) {
      const id = `${params['id']}`
      const token = TOKEN_ID.test(id) ? await tokens.revoke(id, now) : undefined
      if (token) return token
      throw new Problem('NOT_FOUND', { error: 'There is no such API token' })
    },
  }),
]
