import { expect, it } from '@jest/globals'
import { isSameSecret, makeToken, TOKEN_ID, tokenId } from '../../../../lib/access/token.ts'
import { aSecret } from '../../../support/licenses.ts'

it('has 256 random bits and its stage', () => {
  const tokens = Array.from({ length: 200 }, () => makeToken('prod'))
  for (const token of tokens) expect(token).toMatch(/^la_prod_[0-9A-Za-z]{43}$/)
  expect(new Set(tokens).size).toBe(200)
  // Every digit comes up at every place but the first, which cannot reach the last of them.
  const digits = tokens.map((token) => token.slice(-42)).join('')
  expect(new Set(digits).size).toBe(62)
})

it('has an id that reveals nothing and depends on the pepper', () => {
  const token = makeToken('prod')
  const id = tokenId(token, aSecret('pepper'))
  expect(id).toMatch(TOKEN_ID)
  expect(id).not.toContain(token.slice(-10))
  expect(tokenId(token, aSecret('pepper'))).toBe(id)
  expect(tokenId(token, aSecret('other'))).not.toBe(id)
})

it('is compared at any length', () => {
  expect(isSameSecret('a', aSecret('a'))).toBe(true)
  expect(isSameSecret('a', aSecret('aa'))).toBe(false)
})
