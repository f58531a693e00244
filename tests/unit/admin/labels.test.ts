import { describe, expect, it } from '@jest/globals'
import { isLifetime } from '../../../admin/src/format/time.ts'
import { describeActor, listChanges } from '../../../admin/src/labels/history.ts'
import { describeIssue } from '../../../admin/src/labels/purchaseIssues.ts'
import { describeState } from '../../../admin/src/labels/states.ts'
import { stripeUrl } from '../../../admin/src/labels/stripe.ts'
import { explainVerdict } from '../../../admin/src/labels/verdict.ts'
import { STATES } from '../../../admin/src/pages/licenses/search.ts'
import { STATES as API_STATES, evaluate } from '../../../lib/license/index.ts'

type LicenseFacts = Parameters<typeof evaluate>[0]

const NOW = Date.UTC(2026, 10, 25)
const DAY_MS = 24 * 60 * 60 * 1000
const [YESTERDAY, TOMORROW, LATER] = [NOW - DAY_MS, NOW + DAY_MS, NOW + 60 * DAY_MS]
const PAID: LicenseFacts = {
  admin: 'clear',
  risk: 'clear',
  billing: { status: 'paid', paidUntil: NOW + 30 * DAY_MS },
}

/** Evaluates facts as the API does, and explains the verdict as the panel does. */
function explain(changes: Partial<LicenseFacts>) {
  const facts = { ...PAID, ...changes }
  const { state, expiresAt, trial = false } = evaluate(facts, NOW)
  return explainVerdict({
    facts: { ...facts, billing: { ...facts.billing } },
    verdict: { valid: ['active', 'canceling', 'grace'].includes(state), state, expiresAt },
    trial,
  })
}

describe('explainVerdict', () => {
  it.each([
    [{ status: 'paid', paidUntil: TOMORROW }, /^Paid until/],
    [{ status: 'trialing', paidUntil: TOMORROW }, /^In a trial until/],
    [{ status: 'paid', paidUntil: null }, /forever/],
    [{ status: 'pending', paidUntil: null }, /not confirmed/],
    [{ status: 'paid', paidUntil: YESTERDAY }, /was not renewed/],
    [{ status: 'past_due', paidUntil: YESTERDAY, graceUntil: TOMORROW }, /payment failed/],
    [{ status: 'past_due', paidUntil: YESTERDAY }, /grace period is over/],
    [{ status: 'paused', paidUntil: YESTERDAY }, /paused/],
    [{ status: 'paid', paidUntil: TOMORROW, cancelAt: TOMORROW }, /does not renew/],
  ] as const)('explains the payment %j', (billing, text) => {
    expect(explain({ billing })).toEqual({ cause: 'payment', text: expect.stringMatching(text) })
  })

  it.each([
    [{ admin: 'revoked' }, 'admin', /Revoked/],
    [{ admin: 'suspended' }, 'admin', /Suspended/],
    [{ admin: 'suspended', risk: 'refunded' }, 'risk', /refunded/],
    [{ admin: 'revoked', risk: 'disputed' }, 'admin', /Revoked/],
    [{ risk: 'disputed' }, 'risk', /disputed/],
    [{ risk: 'lost' }, 'risk', /lost/],
    [{ extendedUntil: LATER }, 'extension', /Extended by an admin/],
    [{ extendedUntil: LATER, admin: 'suspended' }, 'admin', /Suspended/],
  ] as const)('explains %j by the %s', (facts, cause, text) => {
    expect(explain(facts)).toEqual({ cause, text: expect.stringMatching(text) })
  })
})

describe('the labels', () => {
  it('cover every license state of the API, and no other', () => {
    expect([...STATES].sort()).toEqual([...API_STATES].sort())
    for (const state of STATES) expect(describeState(state).description).not.toBe(state)
  })

  it('cover every issue that leaves a purchase without a license', () => {
    for (const code of ['TIER_MISSING', 'TIER_UNKNOWN', 'PRICE_MISSING', 'PRICE_UNKNOWN']) {
      expect(describeIssue(code).description).not.toBe(code)
    }
  })

  it('name the changed fields, without the unset fields of a new license', () => {
    const facts = (status: string) => ({ billing: { status, paidUntil: NOW }, tier: 'pro' })
    expect(listChanges(facts('paid'), facts('past_due'))).toEqual([
      { name: 'Payment status', before: 'paid', after: 'past due' },
    ])
    const billing = { status: 'paid', paidUntil: null }
    const issued = { userId: 'a', userEmail: null, admin: 'clear', billing }
    expect(listChanges(null, issued).map(({ name, after }) => [name, after])).toEqual([
      ['User ID', 'a'],
      ['Payment status', 'paid'],
      ['Paid until', 'forever'],
    ])
  })

  it('name the actor', () => {
    expect(describeActor('token:root').label).toBe('the root token')
    expect(describeActor('stripe:evt_1')).toEqual({ label: 'Stripe', stripeEvent: 'evt_1' })
  })

  it('treat an expiry date in 100 years as a lifetime license', () => {
    expect(isLifetime(NOW + 100 * 365 * DAY_MS, NOW)).toBe(true)
    expect(isLifetime(null, NOW)).toBe(true)
    expect(isLifetime(NOW + 365 * DAY_MS, NOW)).toBe(false)
  })
})

describe('stripeUrl', () => {
  it('returns the page of the Stripe Dashboard in live mode and in test mode', () => {
    expect(stripeUrl('sub_1Q', true)).toBe('https://dashboard.stripe.com/subscriptions/sub_1Q')
    expect(stripeUrl('pi_1Q', false)).toBe('https://dashboard.stripe.com/test/payments/pi_1Q')
  })

  it.each(['javascript:alert(1)', 'pi_../../x', 'pi_1?x=1', 'pi_', 'cs_1', ' pi_1', 'pi_1\n'])(
    'returns no URL for %j',
    (id) => {
      expect(stripeUrl(id, true)).toBeUndefined()
    },
  )
})
