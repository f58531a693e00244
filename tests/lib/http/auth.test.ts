import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { authenticate } from '../../../lib/http/auth.ts'
import { aPost } from '../../support/http.ts'
import { aSecret } from '../../support/licenses.ts'

const TOKEN = 'admin_token_1'

const present = (authorization: string | undefined, token = TOKEN) =>
  authenticate(aPost({}, { headers: { authorization } }), aSecret(token))

describe('the administrator’s token', () => {
  it.each([
    ['as it is', `Bearer ${TOKEN}`],
    ['with a small scheme', `bearer ${TOKEN}`],
    ['with a large scheme', `BEARER ${TOKEN}`],
    ['after several blanks', `Bearer   ${TOKEN}`],
  ])('lets in whoever presents it %s', (_, authorization) => {
    expect(present(authorization)).toEqual({ tokenId: 'root' })
  })

  it('may be of any printable characters', () => {
    expect(present('Bearer a+b/c=.~:{}', 'a+b/c=.~:{}')).toEqual({ tokenId: 'root' })
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
  ])('keeps out whoever presents %s', (_, authorization) => {
    expect(() => present(authorization)).toThrow(
      expect.objectContaining({ name: 'Problem', code: 'UNAUTHORIZED' }),
    )
  })

  it('is not shown to whoever guessed wrong', () => {
    let refusal: unknown
    try {
      present('Bearer guess')
    } catch (error) {
      refusal = error
    }
    expect(inspect(refusal, { depth: 9, showHidden: true })).not.toMatch(/guess|admin_token_1/)
  })
})
