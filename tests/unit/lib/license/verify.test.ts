import { beforeEach, describe, expect, it } from '@jest/globals'
import { LIFETIME } from '../../../../lib/license/issue.ts'
import { parseKey, toLicenseId } from '../../../../lib/license/key.ts'
import type { License, LicenseFacts } from '../../../../lib/license/license.ts'
import { type LicenseStore, StoreUnavailable } from '../../../../lib/license/store.ts'
import { DAY_MS } from '../../../../lib/license/time.ts'
import { verifyLicense } from '../../../../lib/license/verify.ts'
import { aRing, aSecret, issued, NOW, someKeys } from '../../../support/licenses.ts'
import { createMemoryStore } from '../../../support/memoryStore.ts'

const keys = someKeys()

let store: LicenseStore

beforeEach(() => {
  store = createMemoryStore()
})

const verify = (text: string, context = {}) =>
  verifyLicense({ store, keys, now: NOW, ...context }, text)

/** A store whose record of this license was changed behind the back of the core. */
const storing = (license: License | undefined) => ({ store: { find: async () => license } })

const withFacts = (license: License, changes: Partial<LicenseFacts>) =>
  storing({ ...license, facts: { ...license.facts, ...changes } })

describe('verifying a key', () => {
  it('returns license, state and expiry of a valid key', async () => {
    const { key, license } = await issued(store)
    expect(await verify(key)).toEqual({
      valid: true,
      license,
      state: 'active',
      expiresAt: NOW + 30 * DAY_MS,
    })
  })

  it('reads one license at most, and under the id of the key', async () => {
    const { key } = await issued(store)
    const reads: string[] = []
    const counting: Pick<LicenseStore, 'find'> = {
      find: (id) => {
        reads.push(id)
        return store.find(id)
      },
    }
    const [prefix = '', tier = '', ...rest] = key.split('-')
    const typed = `\t${[prefix.toLowerCase(), tier.toLowerCase(), ...rest].join('-')} `
    expect(await verify(typed, { store: counting })).toMatchObject({ valid: true })
    expect(reads).toEqual([toLicenseId(key, keys.pepper)])
  })

  it('returns the tier of the record, not of the key', async () => {
    const { key, license } = await issued(store)
    const upgraded = storing({ ...license, tier: 'elite' })
    expect(await verify(key, upgraded)).toMatchObject({ valid: true, license: { tier: 'elite' } })
  })

  it('takes its end from the record, not from the key', async () => {
    const { key } = await issued(store, { durationDays: LIFETIME })
    expect(await verify(key, { now: NOW + 10_000 * DAY_MS })).toMatchObject({
      valid: true,
      expiresAt: null,
    })
  })
})

describe('a key of an old master key', () => {
  const old = someKeys(aRing('1', { '1': 'old' }))
  const rotated = someKeys(aRing('2', { '1': 'old', '2': 'new' }))

  it('stays valid after a rotation', async () => {
    const before = await issued(store, {}, { keys: old })
    const after = await issued(store, {}, { keys: rotated })
    expect(await verify(before.key, { keys: rotated })).toMatchObject({ valid: true })
    expect(await verify(after.key, { keys: rotated })).toMatchObject({ valid: true })
    expect([before, after].map(({ license }) => license.origin.keyVersion)).toEqual(['1', '2'])
  })

  it('is valid without a master key, which verifying does not need', async () => {
    const { key } = await issued(store, {}, { keys: old })
    const { pepper, prefix } = old
    expect(await verify(key, { keys: { pepper, prefix } })).toMatchObject({ valid: true })
  })
})

describe('an invalid key', () => {
  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['another prefix', 'XX-PRO-0123456789ab-1735689600'],
    ['a signature in capitals', 'QF-PRO-0123456789AB-1735689600'],
    ['a second that begins with 0', 'QF-PRO-0123456789ab-01735689600'],
    ['a fifth part', 'QF-PRO-0123456789ab-1735689600-1'],
  ])('is MALFORMED for %s, without a call to the store', async (_, text) => {
    const find = () => Promise.reject(new Error('The store was called'))
    expect(await verify(text, { store: { find } })).toEqual({ valid: false, code: 'MALFORMED' })
  })

  it('is NOT_FOUND if it was never issued', async () => {
    await issued(store)
    const elsewhere = await issued(createMemoryStore(), { userId: 'user_elsewhere' })
    const refused = { valid: false, code: 'NOT_FOUND' }
    expect(await verify(elsewhere.key)).toEqual(refused)
    expect(await verify('QF-PRO-0123456789ab-1735689600')).toEqual(refused)
  })

  it('is NOT_FOUND with another pepper', async () => {
    const { key } = await issued(store)
    const other = { ...keys, pepper: aSecret('other_pepper') }
    expect(await verify(key, { keys: other })).toEqual({ valid: false, code: 'NOT_FOUND' })
  })

  it('is NOT_FOUND for a record planted without the pepper', async () => {
    const elsewhere = createMemoryStore()
    const theirs = { ...keys, pepper: aSecret('a guess') }
    const { key } = await issued(elsewhere, {}, { keys: theirs })
    expect(await verify(key, { store: elsewhere })).toEqual({ valid: false, code: 'NOT_FOUND' })
  })

  it('is NOT_FOUND with another signature, even if a record is found', async () => {
    const { key, license } = await issued(store)
    const forged = key.replace(/-[0-9a-f]{12}-/, '-000000000000-')
    expect(parseKey(forged, 'QF')).toBe(forged)
    expect(await verify(forged, storing(license))).toEqual({ valid: false, code: 'NOT_FOUND' })
  })

  it.each<[string, Partial<LicenseFacts>, number]>([
    ['EXPIRED', {}, NOW + 30 * DAY_MS + 1],
    ['EXPIRED', { billing: { status: 'ended', paidUntil: null } }, NOW],
    ['SUSPENDED', { admin: 'suspended' }, NOW],
    ['SUSPENDED', { risk: 'disputed' }, NOW],
    ['SUSPENDED', { billing: { status: 'past_due', paidUntil: NOW - 1 } }, NOW],
    ['REVOKED', { admin: 'revoked' }, NOW],
    ['REVOKED', { risk: 'lost' }, NOW],
    ['PENDING', { billing: { status: 'pending', paidUntil: null } }, NOW],
  ])('is %s by the facts %j', async (code, facts, now) => {
    const { key, license } = await issued(store)
    expect(await verify(key, { ...withFacts(license, facts), now })).toMatchObject({
      valid: false,
      code,
      license: { id: license.id },
    })
  })

  it('is never the result of an unavailable store', async () => {
    const { key } = await issued(store)
    const find = () => Promise.reject(new StoreUnavailable('down'))
    await expect(verify(key, { store: { find } })).rejects.toThrow(StoreUnavailable)
  })
})

describe('a valid license', () => {
  it.each<[string, LicenseFacts['billing']]>([
    ['active', { status: 'trialing', paidUntil: NOW }],
    ['canceling', { status: 'paid', paidUntil: null, cancelAt: NOW }],
    ['grace', { status: 'past_due', paidUntil: NOW - 1, graceUntil: NOW }],
  ])('is valid and %s by the billing %j', async (state, billing) => {
    const { key, license } = await issued(store)
    expect(await verify(key, withFacts(license, { billing }))).toMatchObject({
      valid: true,
      state,
      expiresAt: NOW,
    })
  })
})
