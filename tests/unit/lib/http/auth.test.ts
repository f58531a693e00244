import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { makeToken, SCOPES, type Scope, type Token, tokenId } from '../../../../lib/access/token.ts'
import { authenticate } from '../../../../lib/http/auth.ts'
import { aPost } from '../../../support/http.ts'
import { aSecret, NOW } from '../../../support/licenses.ts'

const TOKEN = 'admin_token_1'
const HOUR_MS = 60 * 60 * 1000
const pepper = aSecret('pepper')

const aToken = (secret: string, changes: Partial<Token> = {}): Token => ({
  id: tokenId(secret, pepper),
  name: 'a token',
  scopes: ['licenses:read'],
  createdAt: NOW - 5,
  createdBy: 'root',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: NOW,
  ...changes,
})

function present(
  authorization: string | undefined,
  root = TOKEN,
  known: readonly Token[] = [],
  scope: Scope | null = 'licenses:read',
) {
  const used: number[] = []
  const failed: string[] = []
  const context = {
    adminToken: aSecret(root),
    pepper,
    limiter: {
      tokens: {
        find: async (id: string) => known.find((token) => token.id === id),
        used: async (_: string, at: number) => void used.push(at),
      },
      assertNotLimited: async () => {},
      countFailure: async (scope: string) => void failed.push(scope),
    },
    now: NOW,
  }
  const event = aPost({}, { headers: { authorization } })
  return { caller: authenticate(event, context, scope), used, failed }
}

describe('the root token', () => {
  it.each([
    ['as it is', `Bearer ${TOKEN}`],
    ['with a lower-case scheme', `bearer ${TOKEN}`],
    ['with an upper-case scheme', `BEARER ${TOKEN}`],
    ['after several spaces', `Bearer   ${TOKEN}`],
  ])('has every scope if presented %s', async (_, authorization) => {
    expect(await present(authorization).caller).toEqual({
      tokenId: 'root',
      name: null,
      scopes: SCOPES,
      expiresAt: null,
    })
  })

  it('can consist of any printable characters', async () => {
    const { caller } = present('Bearer a+b/c=.~:{}', 'a+b/c=.~:{}')
    expect(await caller).toMatchObject({ tokenId: 'root' })
  })

  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['an empty token', 'Bearer '],
    ['Basic', `Basic ${TOKEN}`],
    ['Basic with its base64', `Basic ${btoa(`root:${TOKEN}`)}`],
    ['the token without a scheme', TOKEN],
    ['the token joined to its scheme', `Bearer${TOKEN}`],
    ['a token of the same length', 'Bearer admin_token_2'],
    ['the token in capitals', `Bearer ${TOKEN.toUpperCase()}`],
    ['the beginning of the token', `Bearer ${TOKEN.slice(0, -1)}`],
    ['more than the token', `Bearer ${TOKEN}x`],
    ['text after the token', `Bearer ${TOKEN} x`],
    ['a line after the token', `Bearer ${TOKEN}\nx`],
    ['two tokens', `Bearer wrong, Bearer ${TOKEN}`],
    ['text before the scheme', `x Bearer ${TOKEN}`],
  ])('is not %s', async (_, authorization) => {
    await expect(present(authorization).caller).rejects.toMatchObject({
      name: 'Problem',
      code: 'UNAUTHORIZED',
    })
  })

  it('is not part of the error for a wrong one', async () => {
    const refusal = await present('Bearer guess').caller.catch((error: unknown) => error)
    expect(inspect(refusal, { depth: 9, showHidden: true })).not.toMatch(/guess|admin_token_1/)
  })
})

describe('an API token', () => {
  const secret = makeToken('test')
  const by = (changes: Partial<Token> = {}) =>
    present(`Bearer ${secret}`, TOKEN, [aToken(secret, changes)])

  it('authenticates a caller with its scopes', async () => {
    expect(await by().caller).toEqual({
      tokenId: tokenId(secret, pepper),
      name: 'a token',
      scopes: ['licenses:read'],
      expiresAt: null,
    })
  })

  it.each([
    ['is unknown', { id: 'tok_other' }],
    ['is revoked', { revokedAt: NOW - 1 }],
    ['has expired', { expiresAt: NOW }],
  ])('that %s is rejected', async (_, changes) => {
    await expect(by(changes).caller).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('is valid until it expires', async () => {
    expect(await by({ expiresAt: NOW + 1 }).caller).toMatchObject({ scopes: ['licenses:read'] })
  })

  it('without the scope is rejected with its name', async () => {
    await expect(by({ scopes: ['licenses:issue'] }).caller).rejects.toMatchObject({
      code: 'FORBIDDEN',
      error: 'The API token lacks the scope licenses:read',
    })
  })

  it('of any scope is accepted if none is required', async () => {
    const authenticateAny = (changes: Partial<Token>) =>
      present(`Bearer ${secret}`, TOKEN, [aToken(secret, changes)], null)
    const issuing = { scopes: ['licenses:issue'] } as const
    expect(await authenticateAny(issuing).caller).toMatchObject(issuing)
    const { caller, failed } = authenticateAny({ ...issuing, revokedAt: NOW - 1 })
    await expect(caller).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    // A revoked token is not a guess.
    expect(failed).toEqual([])
  })

  it.each([
    ['never', null, [NOW]],
    ['an hour ago', NOW - HOUR_MS, [NOW]],
    ['less than an hour ago', NOW - HOUR_MS + 1, []],
  ])('last used %s records its use: %j', async (_, lastUsedAt, expected) => {
    const { caller, used } = by({ lastUsedAt })
    await caller
    expect(used).toEqual(expected)
  })
})
