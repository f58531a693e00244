import { describe, expect, it } from '@jest/globals'
import {
  containsKey,
  findCompleteKey,
  parseListSearch,
  toListQuery,
} from '../../../admin/src/pages/licenses/search.ts'

const NOW = Date.UTC(2026, 10, 25)
const DAY_MS = 24 * 60 * 60 * 1000
const KEY = 'QF-PRO-b397709c64f7-1795491428'

describe('parseListSearch', () => {
  it('drops invalid and unknown query parameters', () => {
    const params = {
      q: ' a@b ',
      state: 'gone',
      tier: 'pro',
      within: '30',
      sort: 'end',
      order: 'up',
    }
    expect(parseListSearch({ ...params, x: 1 })).toEqual({
      q: 'a@b',
      tier: 'pro',
      within: 30,
      sort: 'end',
    })
    expect(parseListSearch({ q: { $ne: 1 }, cursor: ['a'] })).toEqual({})
  })
})

describe('toListQuery', () => {
  it('combines a search text or an expiry with state and tier only', () => {
    const common = { state: 'active', tier: 'pro' } as const
    const search = { ...common, within: 30, sort: 'end', order: 'asc' } as const
    expect(toListQuery({ ...search, q: 'a' }, NOW)).toEqual({ ...common, limit: '25', search: 'a' })
    expect(toListQuery(search, NOW + 5)).toEqual({
      ...common,
      limit: '25',
      expiringBefore: `${NOW + 30 * DAY_MS}`,
    })
  })
})

describe('containsKey', () => {
  it('detects a license key and the start of one, in any text', () => {
    for (let end = 'QF-PRO-b'.length; end <= KEY.length; end++) {
      const start = KEY.slice(0, end)
      for (const text of [start, start.toLowerCase(), `License: ${start}`, `"${start}"`]) {
        expect(containsKey(text, 'QF')).toBe(true)
        expect(containsKey(text, undefined)).toBe(true)
      }
    }
  })

  it.each(['user@example.com', 'QF-', 'qf-4711', 'qf-team-', 'my-qf-user', 'nqf-pro-a1'])(
    'does not take %j for a license key',
    (text) => {
      expect(containsKey(text, 'QF')).toBe(false)
    },
  )
})

describe('findCompleteKey', () => {
  it('returns the license key in a text only if it is complete', () => {
    expect(findCompleteKey(KEY)).toBe(KEY)
    expect(findCompleteKey(`License: "${KEY}", thanks`)).toBe(KEY)
    expect(findCompleteKey(KEY.slice(0, -1))).toBeUndefined()
  })
})
