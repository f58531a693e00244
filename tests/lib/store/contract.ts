import { beforeEach, describe, expect, it } from '@jest/globals'
import type {
  AuditEntry,
  Claim,
  License,
  LicenseId,
  LicenseStore,
} from '../../../lib/license/index.ts'
import { aLicense, NOW } from '../../support/licenses.ts'

const anId = (name: string) => `lic_${name}` as LicenseId

const anAudit = ({ id, facts, createdAt }: License): AuditEntry => ({
  licenseId: id,
  at: createdAt,
  actor: 'token:root',
  action: 'issued',
  reason: 'api',
  requestId: 'request_1',
  before: null,
  after: facts,
})

const anIssue = (license: License, claims: readonly Claim[] = []) => ({
  license,
  audit: anAudit(license),
  claims,
})

const PURCHASE: Claim = { kind: 'purchase', key: 'pi:pi_1' }
const REQUEST: Claim = {
  kind: 'request',
  key: 'root#key_1',
  fingerprint: 'print_1',
  expiresAt: NOW + 1000,
}

const aPurchase = {
  purchaseKey: 'pi:pi_1',
  reason: 'TIER_MISSING',
  userId: null,
  userEmail: 'user@example.com',
  tier: null,
  eventId: 'evt_1',
  parkedAt: NOW,
} as const

/** What every license store promises. */
export function itIsALicenseStore(create: () => Promise<LicenseStore>) {
  let store: LicenseStore
  const first = aLicense({ id: anId('first') })
  const second = aLicense({ id: anId('second') })

  beforeEach(async () => {
    store = await create()
  })

  describe('find', () => {
    it('finds nothing under an id that was never issued', async () => {
      expect(await store.find(anId('unknown'))).toBeUndefined()
    })

    it('finds what was issued, with every fact and every null', async () => {
      const license = aLicense({
        id: anId('full'),
        userId: null,
        userEmail: null,
        paymentIntentId: 'pi_1',
        tier: 'elite',
        facts: {
          admin: 'suspended',
          billing: { status: 'past_due', paidUntil: null, graceUntil: NOW, cancelAt: NOW + 1 },
          risk: 'disputed',
        },
      })
      await store.issue(anIssue(license))
      expect(await store.find(license.id)).toEqual(license)
    })
  })

  describe('issue', () => {
    it('refuses an id that is taken and leaves its license as it was', async () => {
      await store.issue(anIssue(first))
      const other = aLicense({ id: first.id, userId: 'user_other' })
      expect(await store.issue(anIssue(other))).toEqual({ status: 'taken' })
      expect(await store.find(first.id)).toEqual(first)
    })

    it.each([
      ['purchase', PURCHASE],
      ['request', REQUEST],
    ])('tells whoever comes second with a %s which license the first one got', async (_, claim) => {
      expect(await store.issue(anIssue(first, [claim]))).toEqual({ status: 'issued' })
      expect(await store.issue(anIssue(second, [claim]))).toEqual({
        status: 'claimed',
        claim: { ...claim, licenseId: first.id },
      })
      expect(await store.find(second.id)).toBeUndefined()
    })

    it('writes no claim when another one is held', async () => {
      await store.issue(anIssue(first, [PURCHASE]))
      await store.issue(anIssue(second, [REQUEST, PURCHASE]))
      expect(await store.issue(anIssue(second, [REQUEST]))).toEqual({ status: 'issued' })
    })

    it('writes no claim when the id is taken', async () => {
      await store.issue(anIssue(first))
      await store.issue(anIssue(first, [PURCHASE]))
      expect(await store.issue(anIssue(second, [PURCHASE]))).toEqual({ status: 'issued' })
    })

    it('names the claim that is held before the id that is taken', async () => {
      await store.issue(anIssue(first, [PURCHASE]))
      expect(await store.issue(anIssue(first, [PURCHASE]))).toMatchObject({ status: 'claimed' })
    })

    it('names the first of several claims that are held', async () => {
      await store.issue(anIssue(first, [REQUEST, PURCHASE]))
      expect(await store.issue(anIssue(second, [REQUEST, PURCHASE]))).toMatchObject({
        claim: { kind: 'request' },
      })
    })

    it('takes a claim that has run out as free, at that very millisecond', async () => {
      await store.issue(anIssue(first, [REQUEST]))
      const early = aLicense({ id: anId('early'), createdAt: NOW + 999 })
      const late = aLicense({ id: anId('late'), createdAt: NOW + 1000 })
      expect(await store.issue(anIssue(early, [REQUEST]))).toMatchObject({ status: 'claimed' })
      expect(await store.issue(anIssue(late, [REQUEST]))).toEqual({ status: 'issued' })
    })

    it('lets exactly one of many at once have a purchase', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          store.issue(anIssue(aLicense({ id: anId(`racer_${index}`) }), [PURCHASE])),
        ),
      )
      expect(outcomes.filter(({ status }) => status === 'issued')).toHaveLength(1)
      const held = outcomes.flatMap((outcome) =>
        outcome.status === 'claimed' ? [outcome.claim.licenseId] : [],
      )
      expect(held).toHaveLength(9)
      expect(new Set(held).size).toBe(1)
    })
  })

  describe('claim', () => {
    it('holds a claim for a license that is there, and tells the next one who has it', async () => {
      await store.issue(anIssue(first, []))
      expect(await store.claim(REQUEST, first.id, NOW)).toBeUndefined()
      expect(await store.claim(REQUEST, second.id, NOW)).toEqual({
        ...REQUEST,
        licenseId: first.id,
      })
      expect(await store.issue(anIssue(second, [REQUEST]))).toEqual({
        status: 'claimed',
        claim: { ...REQUEST, licenseId: first.id },
      })
    })

    it('takes over a claim that has run out', async () => {
      await store.claim(REQUEST, first.id, NOW)
      expect(await store.claim(REQUEST, second.id, NOW + 999)).toMatchObject({
        licenseId: first.id,
      })
      expect(await store.claim(REQUEST, second.id, NOW + 1000)).toBeUndefined()
    })
  })

  describe('park', () => {
    it('keeps a purchase aside once', async () => {
      expect(await store.park(aPurchase)).toBe('parked')
      expect(await store.park(aPurchase)).toBe('known')
    })

    it('leaves a purchase that was issued as it is', async () => {
      await store.issue(anIssue(first, [PURCHASE]))
      expect(await store.park(aPurchase)).toBe('known')
      expect(await store.issue(anIssue(second, [PURCHASE]))).toMatchObject({ status: 'claimed' })
    })

    it('stands in nobody’s way once it is known what was bought', async () => {
      await store.park(aPurchase)
      expect(await store.issue(anIssue(first, [PURCHASE]))).toEqual({ status: 'issued' })
      expect(await store.park(aPurchase)).toBe('known')
      expect(await store.issue(anIssue(second, [PURCHASE]))).toMatchObject({ status: 'claimed' })
    })
  })
}
