import { describe, expect, it } from '@jest/globals'
import { bucketsAt, bucketsUpTo } from '../../../../lib/license/timeBuckets.ts'

const MINUTE_MS = 60_000
const LAST = Date.UTC(9999, 11, 31)

describe('the places of a moment', () => {
  it('are of the first full minute that is not before it', () => {
    const moment = Date.UTC(2026, 10, 30, 23, 59, 0)
    expect(bucketsAt(moment)).toEqual([
      'MONTH#2026-11Z',
      'DAY#2026-11-30Z',
      'HOUR#2026-11-30T23Z',
      'MINUTE#2026-11-30T23:59Z',
    ])
    expect(bucketsAt(moment + 1)).toEqual(bucketsAt(moment + MINUTE_MS))
    expect(bucketsAt(moment + 1)[0]).toBe('MONTH#2026-12Z')
  })

  it('end with the years of four digits, behind which nothing is looked for', () => {
    expect(bucketsAt(LAST)).toHaveLength(4)
    expect(bucketsAt(LAST + 1)).toEqual([])
    expect(bucketsUpTo(LAST).at(-1)).toEqual({
      from: 'MINUTE#9999-12-31T00:00Z',
      to: 'MINUTE#9999-12-31T00:00Z',
    })
  })
})
