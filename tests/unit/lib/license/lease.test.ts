import { describe, expect, it } from '@jest/globals'
import { toLeaseChange, toSignedPeriod } from '../../../../lib/license/lease.ts'
import type { License, LicenseFacts, LicenseId } from '../../../../lib/license/license.ts'
import { DAY_MS } from '../../../../lib/license/time.ts'
import { aLicense, NOW } from '../../../support/licenses.ts'

const TERMS = { leaseDays: 14, graceDays: 10 }
const day = (days: number) => NOW + days * DAY_MS

const withFacts = (facts: Partial<LicenseFacts>, changes: Partial<License> = {}): License => {
  const license = aLicense(changes)
  return { ...license, facts: { ...license.facts, ...facts } }
}

describe('a lease', () => {
  const daysOf = (facts: Partial<LicenseFacts>, keyUntil?: number) => {
    const { expiresAt } = toSignedPeriod(
      {
        valid: true,
        license: withFacts(facts),
        state: 'active',
        expiresAt: null,
        ...(keyUntil !== undefined && { keyUntil }),
      },
      NOW,
      TERMS,
    )
    return (expiresAt - NOW) / DAY_MS
  }
  const paid = (days: number, more: object = {}): Partial<LicenseFacts> => ({
    billing: { status: 'paid', paidUntil: day(days), ...more },
  })
  const graceUntil = day(3)

  it.each<[string, Partial<LicenseFacts>, number]>([
    ['lasts as long as the tier says', paid(30), 14],
    ['lasts so for a license for life too', { billing: { status: 'paid', paidUntil: null } }, 14],
    ['ends with what was paid once', paid(3), 3],
    ['goes on into the grace of a renewal that may fail', paid(3, { graceUntil }), 13],
    ['ends with a cancellation, which has no grace', paid(3, { graceUntil, cancelAt: day(3) }), 3],
    ['ends with a trial', { billing: { status: 'trialing', paidUntil: day(3), graceUntil } }, 3],
    [
      'ends with the grace of a renewal that failed',
      { billing: { status: 'past_due', paidUntil: day(-5), graceUntil } },
      3,
    ],
    ['ends with what a person let go on', { ...paid(-9), extendedUntil: day(5) }, 5],
  ])('%s', (_, facts, days) => {
    expect(daysOf(facts)).toBe(days)
  })

  it('of a replaced key expires with that key', () => {
    expect(daysOf(paid(30, { graceUntil: day(31) }), day(2))).toBe(2)
  })
})

describe('a signed response that is no lease', () => {
  const valid = { valid: true, license: aLicense(), state: 'active', expiresAt: null } as const

  it('is valid for five minutes, with terms or for a valid license without', () => {
    const period = { issuedAt: NOW, expiresAt: NOW + 5 * 60_000 }
    expect(toSignedPeriod({ valid: false }, NOW, TERMS)).toEqual(period)
    expect(toSignedPeriod(valid, NOW)).toEqual(period)
  })

  it.each([
    ['in the next second after a change in this one', 2, NOW + 400, NOW + 1000],
    ['now if the license never changed', 1, NOW + 400, NOW + 400],
    ['now from a second after the change', 2, NOW + 1000, NOW + 1000],
    ['now if the change lies in the future', 2, NOW - 1, NOW - 1],
  ])('counts as issued %s', (_, version, now, issuedAt) => {
    const finding = { valid: false, license: aLicense({ version, changedAt: NOW }) } as const
    expect(toSignedPeriod(finding, now)).toMatchObject({ issuedAt })
  })
})

describe('issued leases', () => {
  const GOOD = aLicense()
  const LONGEST = 14
  const later = (facts: Partial<LicenseFacts>, changes: Partial<License> = {}) =>
    withFacts(facts, { changedAt: day(1), ...changes })
  const change = (before: License, after: License) => toLeaseChange(before, after, LONGEST)
  const VOID = {
    revoked: { licenseId: GOOD.id, at: day(1), until: day(1 + LONGEST), isForGood: false },
  }
  const replaced = (until: number) =>
    later(
      {},
      {
        keyId: 'lic_new' as LicenseId,
        earlierKeys: [{ keyId: GOOD.keyId, origin: GOOD.origin, until }],
      },
    )

  it.each<[string, Partial<LicenseFacts>]>([
    ['revoked', { admin: 'revoked' }],
    ['suspended', { admin: 'suspended' }],
    ['refunded', { risk: 'refunded' }],
    ['disputed', { risk: 'disputed' }],
    ['ended', { billing: { status: 'ended', paidUntil: day(1) } }],
    ['unpaid', { billing: { status: 'unpaid', paidUntil: day(30) } }],
  ])('are void once the license is %s', (_, facts) => {
    expect(change(GOOD, later(facts))).toEqual(VOID)
  })

  it.each<[string, License]>([
    ['is renewed', later({ billing: { status: 'paid', paidUntil: day(60) } })],
    [
      'is canceled for later',
      later({ billing: { status: 'paid', paidUntil: day(30), cancelAt: day(30) } }),
    ],
    ['is in grace', later({ billing: { status: 'past_due', paidUntil: NOW, graceUntil: day(9) } })],
    ['has another tier', later({}, { tier: 'free' })],
    ['has another key beside the old one', replaced(day(2))],
  ])('count when the license %s', (_, after) => {
    expect(change(GOOD, after)).toBeUndefined()
  })

  it('are void once the key is replaced without an overlap', () => {
    const after = replaced(day(1))
    expect(change(GOOD, after)).toEqual({ revoked: { ...VOID.revoked, isForGood: true } })
    expect(change(after, { ...after, changedAt: day(2) })).toBeUndefined()
  })

  it('are void permanently if the key leaked while the license was suspended', () => {
    const suspended = withFacts({ admin: 'suspended' })
    const after = { ...replaced(day(1)), facts: suspended.facts }
    expect(change(suspended, after)).toEqual({ revoked: { ...VOID.revoked, isForGood: true } })
  })

  it('are void until the longest lease ends, since they date from before a cancellation', () => {
    const canceled = withFacts({
      billing: { status: 'paid', paidUntil: day(0.9), graceUntil: day(1.1), cancelAt: day(0.9) },
    })
    const ended = later({ billing: { status: 'ended', paidUntil: day(0.9) } })
    expect(change(canceled, ended)).toEqual(VOID)
  })

  it('are not listed if none can be in use', () => {
    const over = withFacts({ billing: { status: 'paid', paidUntil: day(1 - LONGEST) } })
    expect(change(over, later({ admin: 'revoked' }))).toBeUndefined()
    const revoked = withFacts({ admin: 'revoked' })
    expect(change(revoked, later({ admin: 'revoked', risk: 'lost' }))).toBeUndefined()
  })

  it('count again once the license is valid again', () => {
    const restored = { restored: { licenseId: GOOD.id, at: day(1) } }
    expect(change(withFacts({ admin: 'suspended' }), later({}))).toEqual(restored)
    const expired = withFacts({ billing: { status: 'paid', paidUntil: NOW } })
    expect(change(expired, later({}))).toEqual(restored)
  })
})
