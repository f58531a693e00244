import { describe, expect, it } from '@jest/globals'
import { toListQuery } from '../../../admin/src/api/listQuery.ts'
import { isLifetime } from '../../../admin/src/format/time.ts'
import { describeActor, listChanges } from '../../../admin/src/labels/history.ts'
import { describeIssue } from '../../../admin/src/labels/purchaseIssues.ts'
import { describeState } from '../../../admin/src/labels/states.ts'
import { stripeUrl } from '../../../admin/src/labels/stripe.ts'
import { explainVerdict } from '../../../admin/src/labels/verdict.ts'
import {
  containsKey,
  findCompleteKey,
  parseListSearch,
  STATES,
} from '../../../admin/src/pages/licenses/search.ts'
import type { License } from '../../../lib/license/index.ts'
import { evaluate, STATES as STATES_OF_THE_SERVICE } from '../../../lib/license/index.ts'

const NOW = Date.UTC(2026, 10, 25)
const DAY_MS = 24 * 60 * 60 * 1000
const PAID: License['facts'] = {
  admin: 'clear',
  risk: 'clear',
  billing: { status: 'paid', paidUntil: NOW + 30 * DAY_MS },
}

/** As the service judges these facts, and the panel tells why. */
function why(changes: Partial<License['facts']>) {
  const { state, expiresAt, trial = false } = evaluate({ ...PAID, ...changes }, NOW)
  return explainVerdict({
    facts: { ...PAID, ...changes, billing: { ...(changes.billing ?? PAID.billing) } },
    verdict: { valid: ['active', 'canceling', 'grace'].includes(state), state, expiresAt },
    trial,
  })
}

describe('why a license is good or not', () => {
  it.each([
    [{}, 'payment', /^Paid until/],
    [{ billing: { status: 'trialing', paidUntil: NOW + DAY_MS } }, 'payment', /^On trial until/],
    [{ billing: { status: 'paid', paidUntil: null } }, 'payment', /for ever/],
    [{ billing: { status: 'pending', paidUntil: null } }, 'payment', /not confirmed/],
    [{ billing: { status: 'paid', paidUntil: NOW - DAY_MS } }, 'payment', /was not renewed/],
    [
      { billing: { status: 'past_due', paidUntil: NOW - DAY_MS, graceUntil: NOW + DAY_MS } },
      'payment',
      /could not be paid/,
    ],
    [{ billing: { status: 'past_due', paidUntil: NOW - DAY_MS } }, 'payment', /grace are over/],
    [{ billing: { status: 'paused', paidUntil: NOW - DAY_MS } }, 'payment', /paused/],
    [
      { billing: { status: 'paid', paidUntil: NOW + DAY_MS, cancelAt: NOW + DAY_MS } },
      'payment',
      /does not renew/,
    ],
    [{ admin: 'revoked' }, 'person', /revoked/],
    [{ admin: 'suspended' }, 'person', /suspended/],
    [{ admin: 'suspended', risk: 'refunded' }, 'card networks', /refunded/],
    [{ admin: 'revoked', risk: 'disputed' }, 'person', /revoked/],
    [{ risk: 'disputed' }, 'card networks', /disputed/],
    [{ risk: 'lost' }, 'card networks', /lost/],
    [{ extendedUntil: NOW + 60 * DAY_MS }, 'extension', /lets it go on/],
    [{ extendedUntil: NOW + 60 * DAY_MS, admin: 'suspended' }, 'person', /suspended/],
  ] as const)('%j is for the %s to say', (facts, cause, text) => {
    expect(why(facts)).toEqual({ cause, text: expect.stringMatching(text) })
  })
})

describe('the words of the panel', () => {
  it('have one for every state of the service, and no other state', () => {
    expect([...STATES].sort()).toEqual([...STATES_OF_THE_SERVICE].sort())
    for (const state of STATES) expect(describeState(state).means).not.toBe(state)
  })

  it('tell what differs, and nothing of what a new license does not have', () => {
    const before = { billing: { status: 'paid', paidUntil: NOW }, tier: 'pro' }
    const after = { billing: { status: 'past_due', paidUntil: NOW }, tier: 'pro' }
    expect(listChanges(before, after)).toEqual([
      { name: 'Payment', before: 'paid', after: 'past due' },
    ])
    const issued = {
      userId: 'a',
      userEmail: null,
      admin: 'clear',
      billing: { status: 'paid', paidUntil: null },
    }
    expect(listChanges(null, issued).map(({ name, after: is }) => [name, is])).toEqual([
      ['User', 'a'],
      ['Payment', 'paid'],
      ['Paid until', 'for ever'],
    ])
  })

  it('say who did it', () => {
    expect(describeActor('token:root').label).toBe('the token of the secret')
    expect(describeActor('stripe:evt_1')).toEqual({ label: 'Stripe', stripeEvent: 'evt_1' })
  })

  it('know every alert that keeps a purchase aside', () => {
    for (const alert of ['TIER_MISSING', 'TIER_UNKNOWN', 'PRICE_MISSING', 'PRICE_UNKNOWN']) {
      expect(describeIssue(alert).means).not.toBe(alert)
    }
  })

  it('call a license that ends in a hundred years one for life', () => {
    expect(isLifetime(NOW + 100 * 365 * DAY_MS, NOW)).toBe(true)
    expect(isLifetime(null, NOW)).toBe(true)
    expect(isLifetime(NOW + 365 * DAY_MS, NOW)).toBe(false)
  })
})

describe('addresses at Stripe', () => {
  it('are of ids that look like its own, in the mode that is sold in', () => {
    expect(stripeUrl('sub_1Q', true)).toBe('https://dashboard.stripe.com/subscriptions/sub_1Q')
    expect(stripeUrl('pi_1Q', false)).toBe('https://dashboard.stripe.com/test/payments/pi_1Q')
  })

  it.each(['javascript:alert(1)', 'pi_../../x', 'pi_1?x=1', 'pi_', 'cs_1', ' pi_1', 'pi_1\n'])(
    'are not made of %j',
    (id) => {
      expect(stripeUrl(id, true)).toBeUndefined()
    },
  )
})

describe('what the list is asked for', () => {
  it('takes from the address what can be asked for, and nothing else', () => {
    expect(
      parseListSearch({
        q: ' a@b ',
        state: 'gone',
        tier: 'pro',
        within: '30',
        sort: 'end',
        order: 'up',
        x: 1,
      }),
    ).toEqual({ q: 'a@b', tier: 'pro', within: 30, sort: 'end' })
    expect(parseListSearch({ q: { $ne: 1 }, cursor: ['a'] })).toEqual({})
  })

  it('is a search alone but for state and tier, and by the end for what ends soon', () => {
    const all = {
      q: 'a',
      state: 'active',
      tier: 'pro',
      within: 30,
      sort: 'end',
      order: 'asc',
    } as const
    expect(toListQuery(all, NOW)).toEqual({
      limit: '25',
      search: 'a',
      state: 'active',
      tier: 'pro',
    })
    const { q: _, ...rest } = all
    expect(toListQuery(rest, NOW + 5)).toEqual({
      limit: '25',
      state: 'active',
      tier: 'pro',
      expiringBefore: `${NOW + 30 * DAY_MS}`,
    })
  })

  it('is never a license key or the beginning of one, whatever stands around it', () => {
    const key = 'QF-PRO-b397709c64f7-1795491428'
    for (let end = 'QF-PRO-b'.length; end <= key.length; end++) {
      const start = key.slice(0, end)
      for (const typed of [start, start.toLowerCase(), `License: ${start}`, `"${start}"`]) {
        expect(containsKey(typed, 'QF')).toBe(true)
        expect(containsKey(typed, undefined)).toBe(true)
      }
    }
    expect(findCompleteKey(key)).toBe(key)
    expect(findCompleteKey(`License: "${key}", thanks`)).toBe(key)
    expect(findCompleteKey(key.slice(0, -1))).toBeUndefined()
  })

  it('is whatever else begins as a license key does', () => {
    for (const typed of [
      'user@example.com',
      'QF-',
      'qf-4711',
      'qf-team-',
      'my-qf-user',
      'nqf-pro-a1',
    ]) {
      expect(containsKey(typed, 'QF')).toBe(false)
    }
  })
})
