import { beforeEach, describe, expect, it } from '@jest/globals'
import { issueLicense, LIFETIME } from '../../../../lib/license/issue.ts'
import { deriveKey, MasterKeyFault, toLicenseId } from '../../../../lib/license/key.ts'
import type { Entitlement, License, LicenseId } from '../../../../lib/license/license.ts'
import { reconcile } from '../../../../lib/license/reconcile.ts'
import {
  type Batch,
  type Claim,
  type LicenseStore,
  StoreUnavailable,
} from '../../../../lib/license/store.ts'
import { DAY_MS } from '../../../../lib/license/time.ts'
import { anOrder, aRing, issued, NOW, someKeys } from '../../../support/licenses.ts'
import { createMemoryStore } from '../../../support/memoryStore.ts'

const keys = someKeys()
const SECOND = NOW / 1000
const REQUEST: Claim = { kind: 'request', key: 'root#key_1', fingerprint: 'print_1' }

let store: LicenseStore

beforeEach(() => {
  store = createMemoryStore()
})

const issue = (order: Parameters<typeof anOrder>[0] = {}, context = {}) =>
  issueLicense({ store, keys, now: NOW, ...context }, anOrder(order))

/** A store with given outcomes, and the batches that it received. */
function aStore(answer: LicenseStore['commit']) {
  const batches: Batch[] = []
  const spy: LicenseStore = {
    ...store,
    commit: (wanted) => {
      batches.push(wanted)
      return answer(wanted)
    },
  }
  return { store: spy, batches }
}

const secondOf = ({ license }: Batch) =>
  license && 'issued' in license ? license.issued.origin.issuedAt : 0

describe('issuing a license', () => {
  it('stores the request, from which the key can be derived again', async () => {
    const order = { paymentIntentId: 'pi_1', purchaseKey: 'pi:pi_1' }
    const { key, license, repeated } = await issued(store, order, { now: NOW + 999 })
    expect(repeated).toBe(false)
    expect(license).toEqual({
      id: toLicenseId(key, keys.pepper),
      keyId: license.id,
      earlierKeys: [],
      devices: 0,
      releases: [],
      origin: { subject: 'user_123', tier: 'pro', issuedAt: SECOND, keyVersion: '1' },
      userId: 'user_123',
      userEmail: 'user@example.com',
      tier: 'pro',
      seats: 3,
      paymentIntentId: 'pi_1',
      customerId: null,
      subscriptionId: null,
      facts: {
        admin: 'clear',
        billing: { status: 'paid', paidUntil: NOW + 30 * DAY_MS },
        risk: 'clear',
      },
      version: 1,
      createdAt: NOW + 999,
      changedAt: NOW + 999,
    })
    expect(await store.find(license.id)).toEqual(license)
    expect(deriveKey(license.origin, keys)).toBe(key)
  })

  it('writes license, claims and history in one transaction, without the key', async () => {
    const spy = aStore(store.commit)
    const order = { purchaseKey: 'pi:pi_1', request: REQUEST, actor: 'token:t', reason: 'gift' }
    const { key, license } = await issued(spy.store, order)
    expect(spy.batches).toEqual([
      {
        claims: [REQUEST, { kind: 'purchase', key: 'pi:pi_1' }],
        absent: { records: [] },
        records: [],
        license: {
          issued: license,
          audit: {
            licenseId: license.id,
            at: NOW,
            actor: 'token:t',
            action: 'issued',
            reason: 'gift',
            requestId: 'request_1',
            before: null,
            after: {
              userId: 'user_123',
              userEmail: 'user@example.com',
              tier: 'pro',
              seats: 3,
              paymentIntentId: null,
              customerId: null,
              subscriptionId: null,
              ...license.facts,
            },
          },
          notices: [{ kind: 'issued', period: 'first', at: NOW }],
        },
        now: NOW,
      },
    ])
    expect(JSON.stringify(spy.batches)).not.toContain(key.split('-')[2])
  })

  it('prefers a fixed end to the duration', async () => {
    const { license } = await issued(store, { durationDays: 30, paidUntil: NOW + 5 })
    expect(license.facts.billing).toEqual({ status: 'paid', paidUntil: NOW + 5 })
    const { license: forEver } = await issued(store, { durationDays: 30, paidUntil: null })
    expect(forEver.facts.billing).toEqual({ status: 'paid', paidUntil: null })
  })

  it('sets no expiry for a lifetime license', async () => {
    const { license } = await issued(store, { durationDays: LIFETIME })
    expect(license.facts.billing).toEqual({ status: 'paid', paidUntil: null })
  })

  it('uses the current version of the master key', async () => {
    const rotated = someKeys(aRing('2', { '1': 'old', '2': 'new' }))
    const { key, license } = await issued(store, {}, { keys: rotated })
    expect(license.origin.keyVersion).toBe('2')
    const onlyNew = someKeys(aRing('2', { '2': 'new' }))
    expect(deriveKey(license.origin, onlyNew)).toBe(key)
  })

  it('writes nothing without the current master key', async () => {
    const spy = aStore(store.commit)
    const lost = someKeys({ ...aRing(), current: '9' })
    await expect(issue({}, { store: spy.store, keys: lost })).rejects.toThrow(MasterKeyFault)
    expect(spy.batches).toEqual([])
  })

  it('throws StoreUnavailable if the store is unavailable', async () => {
    const down = aStore(() => Promise.reject(new StoreUnavailable('down')))
    await expect(issue({}, down)).rejects.toThrow(StoreUnavailable)
  })
})

describe('more than one license for a subject, a tier and a second', () => {
  it('each use the next free second and start there', async () => {
    const all = [await issued(store), await issued(store), await issued(store)]
    expect(all.map(({ license }) => license.origin.issuedAt)).toEqual(
      [0, 1, 2].map((n) => SECOND + n),
    )
    expect(all.map(({ license }) => license.facts.billing.paidUntil)).toEqual(
      [0, 1, 2].map((n) => NOW + n * 1000 + 30 * DAY_MS),
    )
    expect(new Set(all.map(({ key }) => key)).size).toBe(3)
  })

  it.each([
    ['subject', { userId: 'user_124' }],
    ['tier', { tier: 'elite' }],
  ])('stand in no other %s’s way', async (_, change) => {
    await issued(store)
    expect((await issued(store, change)).license.origin.issuedAt).toBe(SECOND)
  })

  it('are limited to 300 at once', async () => {
    const full = aStore(async () => ({ status: 'taken' }))
    expect(await issue({}, full)).toEqual({ ok: false, error: 'CONFLICT' })
    const seconds = full.batches.map(secondOf)
    expect(seconds).toEqual(Array.from({ length: 300 }, (_, n) => SECOND + n))
  })

  it('may use the last of those seconds', async () => {
    const almostFull = aStore(async (batch) => ({
      status: secondOf(batch) < SECOND + 299 ? 'taken' : 'written',
    }))
    expect(await issue({}, almostFull)).toMatchObject({
      ok: true,
      value: { license: { origin: { issuedAt: SECOND + 299 } } },
    })
  })
})

describe('a repeated request', () => {
  it.each([
    ['purchase', { purchaseKey: 'pi:pi_1' }],
    ['request', { request: REQUEST }],
    ['request without a fingerprint', { request: { kind: 'request', key: 'key_2' } as const }],
  ])('returns the first license and its key for the same %s, days later', async (_, order) => {
    const { key, license } = await issued(store, order)
    const again = await issued(store, order, { now: NOW + 3 * DAY_MS })
    expect(again).toEqual({ key, license, repeated: true })
  })

  it('returns the key of the original master key after a rotation', async () => {
    const order = { purchaseKey: 'pi:pi_1' }
    const { key } = await issued(store, order, { keys: someKeys(aRing('1', { '1': 'old' })) })
    const rotated = someKeys(aRing('2', { '1': 'old', '2': 'new' }))
    expect(await issued(store, order, { keys: rotated })).toMatchObject({ key, repeated: true })
  })

  it('returns the current license, even with another tier', async () => {
    const { key, license } = await issued(store, { purchaseKey: 'pi:pi_1' })
    const upgraded: License = { ...license, tier: 'elite' }
    const changed = { ...store, find: async () => upgraded }
    expect(await issued(changed, { purchaseKey: 'pi:pi_1' })).toEqual({
      key,
      license: upgraded,
      repeated: true,
    })
  })

  it.each([
    ['user', { userId: 'user_other' }],
    ['tier', { tier: 'elite' }],
  ])('conflicts for the same purchase and another %s', async (_, change) => {
    await issued(store, { purchaseKey: 'pi:pi_1' })
    const order = { purchaseKey: 'pi:pi_1', ...change }
    expect(await issue(order)).toEqual({ ok: false, error: 'CONFLICT' })
  })

  it.each([
    ['print', { request: { ...REQUEST, fingerprint: 'print_2' } }],
    ['user', { request: REQUEST, userId: 'user_other' }],
    ['tier', { request: REQUEST, tier: 'elite' }],
  ])('conflicts for the same request with another %s', async (_, order) => {
    await issued(store, { request: REQUEST })
    expect(await issue(order)).toEqual({ ok: false, error: 'CONFLICT' })
  })

  it('never returns another key if the ring has a different master key', async () => {
    const order = { purchaseKey: 'pi:pi_spoilt' }
    await issued(store, order)
    const spoilt = someKeys(aRing('1', { '1': 'a slip of the editor' }))
    await expect(issued(store, order, { keys: spoilt })).rejects.toThrow(MasterKeyFault)
  })

  it('ignores the fingerprint if the purchase repeats', async () => {
    const { key } = await issued(store, { purchaseKey: 'pi:pi_1', request: REQUEST })
    const order = { purchaseKey: 'pi:pi_1', request: { ...REQUEST, key: 'root#key_2' } }
    expect(await issued(store, order)).toMatchObject({ key, repeated: true })
  })

  it('claims its request key, so that it cannot be reused for another request', async () => {
    await issued(store, { purchaseKey: 'pi:pi_1' })
    const { key } = await issued(store, { purchaseKey: 'pi:pi_1', request: REQUEST })
    const other = { purchaseKey: 'pi:pi_2', request: { ...REQUEST, fingerprint: 'print_2' } }
    expect(await issue(other)).toEqual({ ok: false, error: 'CONFLICT' })
    expect(await issued(store, { request: REQUEST })).toMatchObject({ key, repeated: true })
  })

  it('conflicts if a concurrent request took its key', async () => {
    await issued(store, { purchaseKey: 'pi:pi_1' })
    const raced: LicenseStore = {
      ...store,
      claim: async (claim, licenseId) => ({ ...claim, licenseId, fingerprint: 'print_2' }),
    }
    const order = { purchaseKey: 'pi:pi_1', request: REQUEST }
    expect(await issue(order, { store: raced })).toEqual({ ok: false, error: 'CONFLICT' })
  })

  it('throws if the license of the claim is missing', async () => {
    const claim = { ...REQUEST, licenseId: 'lic_nowhere' as LicenseId }
    const broken = aStore(async () => ({ status: 'claimed', claim }))
    await expect(issue({ request: REQUEST }, broken)).rejects.toThrow(
      'A claim points to a license that does not exist',
    )
  })
})

describe('a request for an unclaimed purchase', () => {
  const purchase = { key: 'pi:pi_1', risk: 'clear', link: undefined } as const
  const entitlement: Entitlement = {
    userId: null,
    userEmail: null,
    tier: 'pro',
    seats: 3,
    paymentIntentId: 'pi_1',
    customerId: null,
    subscriptionId: null,
    billing: { status: 'paid', paidUntil: null },
    risk: 'clear',
  }
  const reconcileFirst = (changes: Partial<Entitlement> = {}) =>
    reconcile(
      { store, keys, now: NOW },
      { ...purchase, entitlement: { ...entitlement, ...changes } },
      {
        claims: [],
        free: [],
        records: () => [],
        actor: 'stripe:evt_1',
        reason: 'purchase',
        requestId: 'request_1',
      },
    )

  it('assigns it to the user of the request and keeps its key', async () => {
    await reconcileFirst()
    const { key, license, repeated } = await issued(store, { purchaseKey: 'pi:pi_1' })
    expect(repeated).toBe(true)
    expect(license).toMatchObject({
      userId: 'user_123',
      userEmail: 'user@example.com',
      origin: { subject: 'pi:pi_1' },
      version: 2,
    })
    expect(deriveKey(license.origin, keys)).toBe(key)
    expect(await store.find(license.id)).toEqual(license)
  })

  it('keeps the address of the buyer', async () => {
    await reconcileFirst({ userEmail: 'buyer@example.com' })
    const { license } = await issued(store, { purchaseKey: 'pi:pi_1' })
    expect(license).toMatchObject({ userId: 'user_123', userEmail: 'buyer@example.com' })
  })

  it('is refused to a second user, also concurrently', async () => {
    await reconcileFirst()
    const orders = ['user_1', 'user_2', 'user_3'].map((userId) =>
      issue({ userId, purchaseKey: 'pi:pi_1' }),
    )
    const outcomes = await Promise.all(orders)
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    expect(outcomes.filter((outcome) => !outcome.ok && outcome.error === 'STALE')).toHaveLength(2)
    for (const userId of ['user_2', 'user_3']) {
      expect(await issue({ userId, purchaseKey: 'pi:pi_1' })).toEqual({
        ok: false,
        error: 'CONFLICT',
      })
    }
  })
})
