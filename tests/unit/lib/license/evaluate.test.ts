import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  evaluate,
  isValidState,
  type LicenseState,
  validUntil,
} from '../../../../lib/license/evaluate.ts'
import type { Billing, LicenseFacts } from '../../../../lib/license/license.ts'
import { NOW } from '../../../support/licenses.ts'
import { anyBilling as buildBilling, anyFacts as buildFacts } from './facts.ts'

const PAID: Billing = { status: 'paid', paidUntil: NOW }
const factsOf = (billing: Billing, causes: Partial<LicenseFacts> = {}): LicenseFacts => ({
  admin: 'clear',
  risk: 'clear',
  ...causes,
  billing,
})
const stateOf = (facts: LicenseFacts, now: number) => evaluate(facts, now).state

const RANKS: LicenseState[] = [
  'active',
  'canceling',
  'grace',
  'pending',
  'expired',
  'suspended',
  'revoked',
]
const rank = (state: LicenseState) => RANKS.indexOf(state)

const anyTime = fc.integer({ min: NOW - 5, max: NOW + 5 })
const anyBilling = buildBilling(anyTime)
const anyExtended = buildFacts(anyTime)
const anyFacts = anyExtended.map(({ extendedUntil: _, ...facts }): LicenseFacts => facts)

describe('an extension', () => {
  const extended = (billing: Billing, until: number, now: number) => {
    const { state, expiresAt } = evaluate(factsOf(billing, { extendedUntil: until }), now)
    return `${state} ${expiresAt === null ? 'ever' : expiresAt - NOW}`
  }

  it.each<[string, Billing, number, number, string]>([
    ['goes on', PAID, 9, 5, 'active 9'],
    ['ends later', PAID, 9, 10, 'expired 9'],
    ['never ends earlier', PAID, -9, -5, 'active 0'],
    ['never ends earlier than what was paid', PAID, -9, 5, 'expired 0'],
    ['is never cut', { status: 'paid', paidUntil: null }, 9, 5, 'active ever'],
    ['is good though it is not paid', { status: 'unpaid', paidUntil: NOW }, 9, 5, 'active 9'],
    ['is not good any more', { status: 'unpaid', paidUntil: NOW }, 9, 10, 'suspended 0'],
    ['is good though it was ended', { status: 'ended', paidUntil: NOW }, 9, 5, 'active 9'],
    ['is good before it is paid', { status: 'pending', paidUntil: null }, 9, 5, 'active 9'],
    [
      'is more than grace',
      { status: 'past_due', paidUntil: NOW, graceUntil: NOW + 5 },
      9,
      3,
      'active 9',
    ],
    ['goes on past a cancellation', { ...PAID, cancelAt: NOW }, 9, -1, 'canceling 9'],
  ])('%s', (_, billing, until, now, expected) => {
    expect(extended(billing, NOW + until, NOW + now)).toBe(expected)
  })

  it('does not lift a revocation or a dispute', () => {
    const facts = factsOf(PAID, { extendedUntil: NOW + 9 })
    expect(stateOf({ ...facts, admin: 'revoked' }, NOW)).toBe('revoked')
    expect(stateOf({ ...facts, risk: 'disputed' }, NOW)).toBe('suspended')
  })
})

describe('the billing facts', () => {
  it.each<[string, Billing, LicenseState, LicenseState, number | null]>([
    ['paid', PAID, 'active', 'expired', NOW],
    ['paid for ever', { status: 'paid', paidUntil: null }, 'active', 'active', null],
    [
      'past due with grace that ends before what was paid',
      { ...PAID, status: 'past_due', graceUntil: NOW - 9 },
      'grace',
      'suspended',
      NOW,
    ],
    [
      'past due for ever',
      { status: 'past_due', paidUntil: null, graceUntil: NOW },
      'grace',
      'grace',
      null,
    ],
    [
      'to be cancelled',
      { ...PAID, paidUntil: NOW + 9, cancelAt: NOW },
      'canceling',
      'expired',
      NOW,
    ],
    ['to be cancelled late', { ...PAID, cancelAt: NOW + 9 }, 'canceling', 'expired', NOW],
    [
      'paid for ever and to be cancelled',
      { status: 'paid', paidUntil: null, cancelAt: NOW },
      'canceling',
      'expired',
      NOW,
    ],
    [
      'on a trial that is to be cancelled',
      { status: 'trialing', paidUntil: NOW, cancelAt: NOW },
      'canceling',
      'expired',
      NOW,
    ],
    [
      'past due with grace beyond what was paid',
      { status: 'past_due', paidUntil: NOW - 9, graceUntil: NOW },
      'grace',
      'suspended',
      NOW,
    ],
    ['past due without grace', { ...PAID, status: 'past_due' }, 'grace', 'suspended', NOW],
    [
      'past due and to be cancelled before grace ends',
      { status: 'past_due', paidUntil: NOW - 9, graceUntil: NOW + 9, cancelAt: NOW },
      'grace',
      'suspended',
      NOW,
    ],
    ['pending', { status: 'pending', paidUntil: null }, 'pending', 'pending', null],
    ['unpaid', { ...PAID, status: 'unpaid' }, 'suspended', 'suspended', NOW],
    ['paused', { ...PAID, status: 'paused' }, 'suspended', 'suspended', NOW],
    ['ended', { ...PAID, status: 'ended' }, 'expired', 'expired', NOW],
  ])(
    'counts for a license that is %s, then and a millisecond later',
    (_, billing, then, later, end) => {
      expect(evaluate(factsOf(billing), NOW)).toEqual({ state: then, expiresAt: end })
      expect(evaluate(factsOf(billing), NOW + 1)).toEqual({ state: later, expiresAt: end })
    },
  )

  it('keep a license in grace while its renewal is due', () => {
    const facts = factsOf({ ...PAID, graceUntil: NOW + 9 })
    expect(evaluate(facts, NOW)).toEqual({ state: 'active', expiresAt: NOW })
    expect(evaluate(facts, NOW + 1)).toEqual({ state: 'grace', expiresAt: NOW + 9 })
    expect(evaluate(facts, NOW + 9)).toEqual({ state: 'grace', expiresAt: NOW + 9 })
    expect(evaluate(facts, NOW + 10)).toEqual({ state: 'expired', expiresAt: NOW })
  })

  it('give no grace past a cancellation', () => {
    const facts = factsOf({ ...PAID, graceUntil: NOW + 9, cancelAt: NOW })
    expect(evaluate(facts, NOW)).toEqual({ state: 'canceling', expiresAt: NOW })
    expect(evaluate(facts, NOW + 1)).toEqual({ state: 'expired', expiresAt: NOW })
  })

  it('mark a trial while it is active', () => {
    const facts = factsOf({ status: 'trialing', paidUntil: NOW })
    expect(evaluate(facts, NOW)).toEqual({ state: 'active', trial: true, expiresAt: NOW })
    expect(evaluate(facts, NOW + 1)).toEqual({ state: 'expired', expiresAt: NOW })
  })
})

describe('the admin and risk facts', () => {
  it.each([
    [{ admin: 'suspended' }, 'suspended'],
    [{ admin: 'revoked' }, 'revoked'],
    [{ risk: 'disputed' }, 'suspended'],
    [{ risk: 'refunded' }, 'revoked'],
    [{ risk: 'lost' }, 'revoked'],
    [{ admin: 'suspended', risk: 'disputed' }, 'suspended'],
    [{ admin: 'suspended', risk: 'lost' }, 'revoked'],
    [{ admin: 'revoked', risk: 'disputed' }, 'revoked'],
  ] as const)('counts for %j, paid or not', (causes, state) => {
    expect(evaluate(factsOf(PAID, causes), NOW)).toEqual({ state, expiresAt: NOW })
    expect(stateOf(factsOf(PAID, causes), NOW + 1)).toBe(state)
    expect(stateOf(factsOf({ status: 'pending', paidUntil: null }, causes), NOW)).toBe(state)
  })

  it('remove the trial mark from an inactive license', () => {
    const facts = factsOf({ status: 'trialing', paidUntil: NOW }, { risk: 'disputed' })
    expect(evaluate(facts, NOW)).toEqual({ state: 'suspended', expiresAt: NOW })
  })

  it('counts most when a person revoked, whatever was paid and whatever the risk', () => {
    fc.assert(
      fc.property(anyFacts, anyTime, (facts, now) => {
        expect(stateOf({ ...facts, admin: 'revoked' }, now)).toBe('revoked')
      }),
    )
  })

  it('yield the worst of the three states', () => {
    fc.assert(
      fc.property(anyFacts, anyTime, (facts, now) => {
        const alone = [
          stateOf(factsOf({ status: 'paid', paidUntil: null }, { admin: facts.admin }), now),
          stateOf(factsOf({ status: 'paid', paidUntil: null }, { risk: facts.risk }), now),
          stateOf(factsOf(facts.billing), now),
        ]
        expect(rank(stateOf(facts, now))).toBe(Math.max(...alone.map(rank)))
      }),
    )
  })
})

describe('the expiry of a license', () => {
  it('is its last valid millisecond', () => {
    fc.assert(
      fc.property(anyFacts, anyTime, anyTime, (facts, one, other) => {
        const [early, late] = [Math.min(one, other), Math.max(one, other)]
        if (!isValidState(stateOf(facts, early)))
          expect(isValidState(stateOf(facts, late))).toBe(false)
        expect(rank(stateOf(facts, late))).toBeGreaterThanOrEqual(rank(stateOf(facts, early)))
      }),
    )
  })

  it('separates valid from invalid to the millisecond', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { state, expiresAt } = evaluate(facts, NOW - 6)
        fc.pre(isValidState(state) && expiresAt !== null)
        expect(stateOf(facts, expiresAt ?? 0)).toBe(state)
        const after = evaluate(facts, (expiresAt ?? 0) + 1)
        // What is about to be renewed gets a later end, once.
        if (after.state !== 'grace') return expect(isValidState(after.state)).toBe(false)
        expect(state).not.toBe('grace')
        expect(isValidState(stateOf(facts, (after.expiresAt ?? 0) + 1))).toBe(false)
      }),
    )
  })

  it('is the same at every time except during a renewal', () => {
    fc.assert(
      fc.property(anyBilling, anyTime, anyTime, (billing, one, other) => {
        const [a, b] = [evaluate(factsOf(billing), one), evaluate(factsOf(billing), other)]
        fc.pre(billing.status === 'past_due' || (a.state === 'grace') === (b.state === 'grace'))
        expect(a.expiresAt).toBe(b.expiresAt)
      }),
    )
  })

  it('is never later for a cancellation', () => {
    fc.assert(
      fc.property(anyFacts, anyTime, anyTime, (facts, cancelAt, now) => {
        const { cancelAt: _, ...billing } = facts.billing
        const without = evaluate({ ...facts, billing }, now)
        const canceled = evaluate({ ...facts, billing: { ...billing, cancelAt } }, now)
        expect(canceled.expiresAt).toBeLessThanOrEqual(
          Math.min(without.expiresAt ?? cancelAt, cancelAt),
        )
        expect(rank(canceled.state)).toBeGreaterThanOrEqual(rank(without.state))
      }),
    )
  })
})

describe('evaluate', () => {
  it('is pure and deterministic', () => {
    fc.assert(
      fc.property(anyFacts, anyTime, (facts, now) => {
        Object.freeze(Object.freeze(facts).billing)
        expect(evaluate(facts, now)).toEqual(evaluate(structuredClone(facts), now))
      }),
    )
  })
})

describe('validUntil', () => {
  it('matches the verdict at every time', () => {
    fc.assert(
      fc.property(anyExtended, fc.integer({ min: NOW - 9, max: NOW + 9 }), (facts, now) => {
        expect(now <= validUntil(facts)).toBe(isValidState(stateOf(facts, now)))
      }),
      { numRuns: 5000 },
    )
  })

  it('is infinite for a lifetime license', () => {
    expect(validUntil(factsOf({ status: 'paid', paidUntil: null }))).toBe(Number.POSITIVE_INFINITY)
  })
})
