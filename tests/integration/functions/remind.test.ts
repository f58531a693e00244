import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../../functions/remind.ts'
import { DAY_MS, type License } from '../../../lib/license/index.ts'
import { findReminder } from '../../../lib/mail/remind.ts'
import { aLicense, issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'

const day = (days: number) => NOW + days * DAY_MS

let test: TestRuntime
beforeAll(async () => {
  test = await aRuntime()
})
afterAll(() => test.stop())

const remind = (now: number) => {
  test.time.now = now
  return createHandler(test.runtime)()
}

describe('the daily reminder', () => {
  it('is sent once seven days and once one day before the expiry', async () => {
    const { license } = await issued(test.runtime.store, {
      userId: 'user_reminded',
      durationDays: 30,
    })
    const reminders = async () =>
      (await test.runtime.outbox.list(license.id))
        .filter(({ kind }) => kind !== 'issued')
        .map(({ kind, period }) => `${kind} ${(Number(period) - NOW) / DAY_MS}`)
        .sort()
    expect(await remind(day(22.9))).toEqual({ reminded: 0 })
    expect(await remind(day(23))).toEqual({ reminded: 1 })
    await remind(day(23))
    await remind(day(24))
    expect(await reminders()).toEqual(['expiring_7 30'])
    await remind(day(29))
    await remind(day(29.9))
    expect(await reminders()).toEqual(['expiring_1 30', 'expiring_7 30'])
    expect(await remind(day(30) + 1)).toEqual({ reminded: 0 })
  })

  it('covers every page of licenses', async () => {
    const store = test.runtime.store
    const orders = Array.from({ length: 230 }, (_, user) => ({ userId: `many_${user}` }))
    for (const order of orders) await issued(store, { ...order, durationDays: 60 })
    expect(await remind(day(54))).toEqual({ reminded: 230 })
  })
})

describe('a reminder', () => {
  const due = (facts: Partial<License['facts']>, now: number, createdAt = day(-100)) => {
    const license = aLicense({ createdAt })
    return findReminder({ ...license, facts: { ...license.facts, ...facts } }, now)?.kind
  }
  const paid = (days: number, more: object = {}): Partial<License['facts']> => ({
    billing: { status: 'paid', paidUntil: day(days), ...more },
  })

  it.each<[string, Partial<License['facts']>, string | undefined]>([
    ['is sent seven days before', paid(7), 'expiring_7'],
    ['is not sent earlier', paid(7.01), undefined],
    ['is sent one day before', paid(1), 'expiring_1'],
    ['is sent in the last millisecond', paid(0), 'expiring_1'],
    ['is not sent after the expiry', paid(-0.01), undefined],
    ['is not sent if the license renews', paid(5, { graceUntil: day(6) }), undefined],
    [
      'is sent for a canceled subscription',
      paid(5, { graceUntil: day(6), cancelAt: day(5) }),
      'expiring_7',
    ],
    [
      'is not sent for a lifetime license',
      { billing: { status: 'paid', paidUntil: null } },
      undefined,
    ],
    ['is not sent for a revoked license', { ...paid(5), admin: 'revoked' }, undefined],
    ['is sent before an extended expiry', { ...paid(-9), extendedUntil: day(5) }, 'expiring_7'],
    [
      'is sent before an extended expiry of an ended subscription',
      {
        billing: { status: 'ended', paidUntil: day(-9), graceUntil: day(-8) },
        extendedUntil: day(5),
      },
      'expiring_7',
    ],
    [
      'is not sent after a failed payment, which has its own email',
      { billing: { status: 'past_due', paidUntil: day(-5), graceUntil: day(5) } },
      undefined,
    ],
  ])('%s', (_, facts, kind) => {
    expect(due(facts, NOW)).toBe(kind)
  })

  it('is not sent for a license that is shorter than the notice', () => {
    expect(due(paid(5), NOW, NOW)).toBeUndefined()
    expect(due(paid(1), NOW, NOW)).toBeUndefined()
    expect(due(paid(1), NOW, day(-1))).toBe('expiring_1')
  })
})
