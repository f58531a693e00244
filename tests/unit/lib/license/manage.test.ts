import { beforeEach, describe, expect, it } from '@jest/globals'
import { importLicense } from '../../../../lib/license/import.ts'
import { deriveKey } from '../../../../lib/license/key.ts'
import type { LicenseId } from '../../../../lib/license/license.ts'
import { listLicenses } from '../../../../lib/license/list.ts'
import { type LicenseAction, manageLicense } from '../../../../lib/license/manage.ts'
import { reissueKey } from '../../../../lib/license/reissue.ts'
import type { LicenseStore } from '../../../../lib/license/store.ts'
import { DAY_MS } from '../../../../lib/license/time.ts'
import { verifyLicense } from '../../../../lib/license/verify.ts'
import { aLicense, aRing, issued, NOW, someKeys } from '../../../support/licenses.ts'
import { createMemoryStore } from '../../../support/memoryStore.ts'

const keys = someKeys()
const CAUSE = { actor: 'token:root', reason: 'because', requestId: 'request_1' }

let store: LicenseStore
let id: LicenseId
beforeEach(async () => {
  store = createMemoryStore()
  id = (await issued(store)).license.id
})

const manage = (
  action: LicenseAction,
  { on = id, expected = undefined as number | undefined } = {},
) => manageLicense({ store, now: NOW }, on, action, CAUSE, expected)

describe('managing a license', () => {
  it('writes the values before and after to the history', async () => {
    await manage({ action: 'transferred', userId: 'user_b', userEmail: null })
    await manage({ action: 'extended', days: 3 })
    const [extended, transferred] = await store.history(id, {})
    expect(transferred).toMatchObject({
      action: 'transferred',
      before: { userId: 'user_123', userEmail: 'user@example.com' },
      after: { userId: 'user_b', userEmail: null },
    })
    expect(extended).toMatchObject({
      before: { extendedUntil: null },
      after: { extendedUntil: NOW + 33 * DAY_MS },
    })
  })

  it('clears the risk only on request', async () => {
    const audit = {
      ...CAUSE,
      licenseId: id,
      at: NOW,
      action: 'changed',
      before: {},
      after: {},
    } as const
    const to = { risk: 'lost' } as const
    await store.commit({ claims: [], license: { changed: id, to, audit, notices: [] }, now: NOW })
    await manage({ action: 'reinstated', clearRisk: false })
    expect((await store.find(id))?.facts.risk).toBe('lost')
    await manage({ action: 'reinstated', clearRisk: true })
    expect((await store.find(id))?.facts.risk).toBe('clear')
  })

  it.each<[LicenseAction, number, LicenseAction | undefined]>([
    [{ action: 'suspended' }, 9, undefined],
    [{ action: 'suspended' }, 2, { action: 'revoked' }],
    [{ action: 'extended', until: NOW + DAY_MS }, 1, undefined],
  ])('refuses %j of the version %d after %j', async (action, expected, before) => {
    if (before) await manage(before)
    expect(await manage(action, { expected })).toMatchObject({
      ok: false,
      error: { code: 'CONFLICT', why: expect.any(String) },
    })
  })

  it('returns NOT_FOUND for an unknown license', async () => {
    const nobody = { on: 'lic_none' as LicenseId }
    expect(await manage({ action: 'noted' }, nobody)).toMatchObject({
      error: { code: 'NOT_FOUND' },
    })
    expect(await reissueKey({ store, keys, now: NOW }, nobody.on, 0, CAUSE)).toMatchObject({
      error: { code: 'NOT_FOUND' },
    })
  })

  it('returns CONFLICT after a concurrent change', async () => {
    const late = { ...store, commit: async () => ({ status: 'stale' }) as const }
    const context = { store: late, keys, now: NOW }
    const refused = { error: { code: 'CONFLICT' } }
    expect(await manageLicense(context, id, { action: 'revoked' }, CAUSE)).toMatchObject(refused)
    expect(await reissueKey(context, id, 0, CAUSE)).toMatchObject(refused)
    expect(await reissueKey(context, id, 0, CAUSE, 7)).toMatchObject(refused)
  })

  it('gives up when no second is free for another key', async () => {
    const full = { ...store, commit: async () => ({ status: 'taken' }) as const }
    expect(await reissueKey({ store: full, keys, now: NOW }, id, 0, CAUSE)).toMatchObject({
      error: { why: expect.stringContaining('No unused issue time') },
    })
  })

  it('extends an unpaid license from now, and reissues its key', async () => {
    const pending = { status: 'pending', paidUntil: null } as const
    const unclaimed = aLicense({
      id: 'lic_pending' as LicenseId,
      origin: { subject: 'pi:pi_1', tier: 'pro', issuedAt: 1, keyVersion: '1' },
      userId: null,
      facts: { admin: 'clear', billing: pending, risk: 'clear' },
    })
    const audit = { ...CAUSE, licenseId: unclaimed.id, at: NOW, action: 'issued' } as const
    await store.commit({
      claims: [],
      license: { issued: unclaimed, audit: { ...audit, before: null, after: {} }, notices: [] },
      now: NOW,
    })
    expect(await manage({ action: 'extended', days: 2 }, { on: unclaimed.id })).toMatchObject({
      value: { facts: { extendedUntil: NOW + 2 * DAY_MS } },
    })
    expect(await reissueKey({ store, keys, now: NOW }, unclaimed.id, 0, CAUSE)).toMatchObject({
      value: { license: { origin: { subject: 'pi:pi_1', issuedAt: NOW / 1000 } } },
    })
  })

  it('derives the new key from the owner, or from an unclaimed purchase', async () => {
    await manage({ action: 'transferred', userId: 'user_b' })
    const reissued = await reissueKey({ store, keys, now: NOW + 5000 }, id, 0, CAUSE)
    expect(reissued).toMatchObject({ value: { license: { origin: { subject: 'user_b' } } } })
  })
})

describe('a replaced key', () => {
  it('is verified without any master key', async () => {
    const { key: first } = await issued(store, { userId: 'user_ring' })
    const found = await verifyLicense({ store, keys, now: NOW }, first)
    if (!found.valid) throw new Error('It is not good')
    const both = someKeys(aRing('2', { '1': 'test_master_key', '2': 'second' }))
    const context = { store, keys: both, now: NOW + 5000 }
    const second = await reissueKey(context, found.license.id, 0, CAUSE)
    await reissueKey({ ...context, now: NOW + 9000 }, found.license.id, DAY_MS, CAUSE)
    const lost = { store, keys: someKeys(aRing('2', { '2': 'second' })), now: NOW + 9500 }
    if (!second.ok) throw new Error(second.error.why)
    expect(await verifyLicense(lost, second.value.key)).toMatchObject({ valid: true })
    expect(await verifyLicense(lost, first)).toEqual({ valid: false, code: 'REVOKED' })
  })

  it('is valid until the end of its overlap, if its license is', async () => {
    const { key, license } = await issued(store, { userId: 'user_overlap' })
    const context = { store, keys, now: NOW + 5000 }
    await reissueKey(context, license.id, DAY_MS, CAUSE)
    expect(await verifyLicense(context, key)).toMatchObject({
      valid: true,
      keyUntil: NOW + 5000 + DAY_MS,
    })
    await manageLicense(context, license.id, { action: 'suspended' }, CAUSE)
    expect(await verifyLicense(context, key)).toMatchObject({ valid: false, code: 'SUSPENDED' })
  })

  it('is dropped after fifty others', async () => {
    for (let count = 0; count < 55; count++) {
      await reissueKey({ store, keys, now: NOW + count * 1000 }, id, 0, CAUSE)
    }
    expect((await store.find(id))?.earlierKeys).toHaveLength(50)
  })
})

describe('a list with a rare filter', () => {
  it('returns a short page with a cursor instead of reading everything', async () => {
    for (let user = 0; user < 30; user++) await issued(store, { userId: `user_${user}` })
    const page = await listLicenses({ store, now: NOW }, { state: 'revoked' }, 2)
    expect(page).toMatchObject({ licenses: [], next: { at: NOW } })
    let next = page.next
    let pages = 1
    while (next) {
      next = (await listLicenses({ store, now: NOW }, { state: 'revoked' }, 2, next)).next
      pages++
    }
    expect(pages).toBeLessThanOrEqual(3)
  })
})

describe('importing a license', () => {
  const sold = (userId: string, tier = 'pro') =>
    deriveKey({ subject: userId, tier, issuedAt: NOW / 1000 - 99, keyVersion: '1' }, keys)
  const anImport = (changes: object = {}) =>
    importLicense(
      { store, keys, now: NOW },
      {
        ...CAUSE,
        key: sold('user_old'),
        userId: 'user_old',
        userEmail: null,
        tier: 'pro',
        seats: 3,
        expiresAt: NOW + 5,
        ...changes,
      },
    )

  it('stores a sold key once', async () => {
    expect(await anImport()).toMatchObject({ value: { repeated: false, key: sold('user_old') } })
    expect(await anImport()).toMatchObject({ value: { repeated: true } })
  })

  it.each([
    ['of another user', { userId: 'user_other' }],
    ['of another tier', { tier: 'elite' }],
    ['that is none', { key: 'nonsense' }],
  ])('refuses a key %s', async (_, changes) => {
    expect(await anImport(changes)).toEqual({ ok: false, error: 'MISMATCH' })
  })

  it('refuses a key that another user has', async () => {
    const other = {
      ...store,
      find: async () => undefined,
      commit: async () => ({ status: 'taken' }) as const,
    }
    const imported = {
      ...CAUSE,
      key: sold('u'),
      userId: 'u',
      userEmail: null,
      tier: 'pro',
      seats: 1,
    }
    const outcome = importLicense(
      { store: other, keys, now: NOW },
      { ...imported, expiresAt: null },
    )
    expect(await outcome).toEqual({ ok: false, error: 'CONFLICT' })
  })
})
