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
  const gate = {
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
  return { caller: authenticate(event, gate, scope), used, failed }
}

describe('the token of the secret', () => {
  it.each([
    ['as it is', `Bearer ${TOKEN}`],
    ['with a small scheme', `bearer ${TOKEN}`],
    ['with a large scheme', `BEARER ${TOKEN}`],
    ['after several blanks', `Bearer   ${TOKEN}`],
  ])('lets in whoever presents it %s, for everything', async (_, authorization) => {
    expect(await present(authorization).caller).toEqual({
      tokenId: 'root',
      name: null,
      scopes: SCOPES,
      expiresAt: null,
    })
  })

  it('may be of any printable characters', async () => {
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
  ])('keeps out whoever presents %s', async (_, authorization) => {
    await expect(present(authorization).caller).rejects.toMatchObject({
      name: 'Problem',
      code: 'UNAUTHORIZED',
    })
  })

  it('is not shown to whoever guessed wrong', async () => {
    const refusal = await present('Bearer guess').caller.catch((error: unknown) => error)
    expect(inspect(refusal, { depth: 9, showHidden: true })).not.toMatch(/guess|admin_token_1/)
  })
})

describe('an API token', () => {
  const secret = makeToken('test')
  const by = (changes: Partial<Token> = {}) =>
    present(`Bearer ${secret}`, TOKEN, [aToken(secret, changes)])

  it('lets in for what it may', async () => {
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
    ['has run out', { expiresAt: NOW }],
  ])('that %s keeps out', async (_, changes) => {
    await expect(by(changes).caller).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('is good until it runs out', async () => {
    expect(await by({ expiresAt: NOW + 1 }).caller).toMatchObject({ scopes: ['licenses:read'] })
  })

  it('is refused what it may not, by the name of what it lacks', async () => {
    await expect(by({ scopes: ['licenses:issue'] }).caller).rejects.toMatchObject({
      code: 'FORBIDDEN',
      error: 'The API token lacks the scope licenses:read',
    })
  })

  it('of any scope will do where none is asked for, if it is good', async () => {
    const may = (changes: Partial<Token>) =>
      present(`Bearer ${secret}`, TOKEN, [aToken(secret, changes)], null)
    const issuing = { scopes: ['licenses:issue'] } as const
    expect(await may(issuing).caller).toMatchObject(issuing)
    const { caller, failed } = may({ ...issuing, revokedAt: NOW - 1 })
    await expect(caller).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    // Nobody guessed: it is one that was given once.
    expect(failed).toEqual([])
  })

  it.each([
    ['never', null, [NOW]],
    ['an hour ago', NOW - HOUR_MS, [NOW]],
    ['less than an hour ago', NOW - HOUR_MS + 1, []],
  ])('that was used last %s is said to be used: %j', async (_, lastUsedAt, expected) => {
    const { caller, used } = by({ lastUsedAt })
    await caller
    expect(used).toEqual(expected)
  })
})
