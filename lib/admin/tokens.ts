/** API tokens: who may call, and what for. */

import * as z from 'zod/mini'
import { makeToken, SCOPES, TOKEN_ID, type Token, tokenId } from '../access/token.ts'
import { Problem } from '../http/problem.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { defineRoute, type Route } from './route.ts'
import { DEFAULT_LIMIT, day, limit } from './schemas.ts'

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
    name: z
      .string('must be a string')
      .check(
        z.minLength(1, 'must not be empty'),
        z.maxLength(100, 'must be at most 100 characters'),
      ),
    scopes: z
      .array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), 'must be a list')
      .check(z.minLength(1, 'must not be empty')),
    /** A day, to the end of which it is good. */
    expires: z.optional(day),
  },
  'must be an object',
)

const LIST = { list: 'tokens' }

const earliest = (a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : Math.min(a, b)

export const TOKEN_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/tokens',
    scope: 'tokens:manage',
    summary: 'Lists the API tokens, newest first. What lets in is not among what is shown.',
    query: z.object({ limit: z.optional(limit), cursor: z.optional(z.string()) }),
    response: z.object({ items: z.array(tokenResponse), cursor: z.optional(z.string()) }),
    async respond({ tokens }, { query: { limit: wanted = DEFAULT_LIMIT, cursor } }) {
      const place = cursor === undefined ? undefined : decodeCursor(cursor, LIST)
      const items = await tokens.list(wanted, place && { id: place.id, createdAt: place.at })
      const last = items.at(-1)
      return {
        items,
        ...(last &&
          items.length === wanted && {
            cursor: encodeCursor({ id: last.id, at: last.createdAt }, LIST),
          }),
      }
    },
  }),

  defineRoute({
    method: 'POST',
    path: '/tokens',
    scope: 'tokens:manage',
    summary:
      'Makes an API token. It is shown this once. It may no more than its maker, and no longer.',
    body: newToken,
    response: z.extend(tokenResponse, { token: z.string() }),
    async respond({ tokens, keys, stage, caller, now }, { body }) {
      const { name, scopes, expires = null } = body
      if (expires !== null && expires <= now) {
        throw new Problem('INVALID_REQUEST', {
          fields: [{ path: 'expires', message: 'must be a day to come' }],
        })
      }
      // Nobody lives on in what he made.
      const expiresAt = earliest(expires, caller.expiresAt)
      const lacked = scopes.filter((scope) => !caller.scopes.includes(scope))
      if (lacked.length > 0) {
        throw new Problem('FORBIDDEN', { error: `The API token lacks ${lacked.join(', ')} itself` })
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
    summary: 'Ends an API token at once.',
    response: tokenResponse,
    refusals: ['NOT_FOUND'],
    async respond({ tokens, now }, { params }) {
      const tokenToEnd = `${params['id']}`
      const token = TOKEN_ID.test(tokenToEnd) ? await tokens.revoke(tokenToEnd, now) : undefined
      if (token) return token
      throw new Problem('NOT_FOUND', { error: 'There is no such token' })
    },
  }),
]
