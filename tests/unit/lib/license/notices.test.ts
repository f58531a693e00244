import { describe, expect, it } from '@jest/globals'
import type { Billing, Risk } from '../../../../lib/license/license.ts'
import { diffNotices } from '../../../../lib/license/notices.ts'
import { DAY_MS } from '../../../../lib/license/time.ts'
import { NOW } from '../../../support/licenses.ts'

type Given = { billing?: Billing; risk?: Risk }

const END = NOW + 5000
const given = (status: Billing['status'], others: Partial<Billing> = {}, risk: Risk = 'clear') => ({
  billing: { status, paidUntil: END, ...others },
  risk,
})

const NOTHING: Given = {}
const PENDING = given('pending', { paidUntil: null })
const PAID = given('paid')
const RENEWING = given('paid', { graceUntil: END + 9 })
const TRIAL = given('trialing')
const OWED = given('past_due', { graceUntil: END + 9 })
const CANCELED = given('paid', { cancelAt: END })
const ENDED = given('ended')
const REFUNDED = given('paid', {}, 'refunded')

describe('the notices of a change', () => {
  it.each([
    ['the key of one that was paid', NOTHING, PAID, ['issued#first']],
    ['the key of a trial', NOTHING, TRIAL, ['issued#first']],
    ['nothing while the payment is on its way', NOTHING, PENDING, []],
    ['the key once the payment arrived', PENDING, PAID, ['issued#first']],
    ['nothing new of what stays as it is', PAID, given('paid', { paidUntil: END + 9 }), []],
    [
      'that it was renewed, once for each period',
      RENEWING,
      given('paid', { paidUntil: END + 30 * DAY_MS, graceUntil: END + 30 * DAY_MS }),
      [`renewed#${END + 30 * DAY_MS}`],
    ],
    [
      'that it was renewed after all',
      OWED,
      given('paid', { paidUntil: END + 30 * DAY_MS, graceUntil: END + 30 * DAY_MS }),
      ['issued#first', `renewed#${END + 30 * DAY_MS}`],
    ],
    [
      'nothing of a license for life',
      RENEWING,
      given('paid', { paidUntil: null, graceUntil: 1 }),
      [],
    ],
    ['nothing new when a trial is paid', TRIAL, PAID, []],
    ['that a renewal was not paid, once', PAID, OWED, [`payment_failed#${END + 9}`]],
    ['nothing while it goes on being owed', OWED, OWED, []],
    ['that it is going to end', PAID, CANCELED, [`canceled#${END}`]],
    ['that it ended', PAID, ENDED, [`canceled#${END}`]],
    ['nothing more at an announced end', CANCELED, ENDED, []],
    ['nothing of a payment that never arrived', PENDING, ENDED, []],
    ['that the money went back', PAID, REFUNDED, ['revoked#refunded']],
    [
      'that a dispute was lost',
      given('paid', {}, 'disputed'),
      given('paid', {}, 'lost'),
      ['revoked#lost'],
    ],
    ['nothing of a dispute that is open', PAID, given('paid', {}, 'disputed'), []],
    ['nothing of a purchase whose money went back before', NOTHING, REFUNDED, []],
    [
      'of an ordered one only what became of the money',
      { risk: 'clear' },
      { risk: 'lost' },
      ['revoked#lost'],
    ],
  ] satisfies [string, Given, Given, string[]][])('is %s', (_, before, after, notices) => {
    const actual = diffNotices(before, after, NOW)
    expect(actual.map(({ kind, period }) => `${kind}#${period}`)).toEqual(notices)
    for (const { at } of actual) expect(at).toBe(NOW)
  })
})
