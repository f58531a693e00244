import { describe, expect, it } from '@jest/globals'
import { nextTime } from '../../../../scripts/local/schedule.ts'

const next = (expression: string, after: string) =>
  new Date(nextTime(expression, Date.parse(after))).toISOString()

describe('nextTime', () => {
  it.each([
    ['the same day', '2026-01-31T08:59:59.999Z', '2026-01-31T09:30:00.000Z'],
    ['the next day at the very moment', '2026-01-31T09:30:00.000Z', '2026-02-01T09:30:00.000Z'],
    ['the next day afterwards', '2026-12-31T23:00:00.000Z', '2027-01-01T09:30:00.000Z'],
  ])('is on %s', (_, after, expected) => {
    expect(next('cron(30 9 * * ? *)', after)).toBe(expected)
  })

  it('rejects a schedule that is not daily', () => {
    expect(() => next('rate(5 minutes)', '2026-01-31T08:00:00Z')).toThrow(
      'npm start supports only daily schedules, not rate(5 minutes).',
    )
  })
})
