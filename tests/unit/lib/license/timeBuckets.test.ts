import { describe, expect, it } from '@jest/globals'
import { bucketsAt, bucketsUpTo } from '../../../../lib/license/timeBuckets.ts'

const MINUTE_MS = 60_000
const LAST = Date.UTC(9999, 11, 31)

describe('the buckets of a time', () => {
  it('are those of the first full minute at or after it', () => {
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

  it('are none after the year 9999', () => {
    expect(bucketsAt(LAST)).toHaveLength(4)
    expect(bucketsAt(LAST + 1)).toEqual([])
    expect(bucketsUpTo(LAST).at(-1)).toEqual({
      from: 'MINUTE#9999-12-31T00:00Z',
      to: 'MINUTE#9999-12-31T00:00Z',
    })
  })
})
