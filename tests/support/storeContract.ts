import { beforeEach, describe, expect, it } from '@jest/globals'
import type {
  AuditEntry,
  Device,
  License,
  LicenseChange,
  LicenseId,
} from '../../lib/license/index.ts'
import type {
  Batch,
  Claim,
  LicenseStore,
  Position,
  ProviderRecord,
  Selection,
} from '../../lib/license/store.ts'
import { aLicense, NOW } from './licenses.ts'

const anId = (name: string) => `lic_${name}` as LicenseId

export const anAudit = ({ id, facts, createdAt }: License): AuditEntry => ({
  licenseId: id,
  at: createdAt,
  actor: 'token:root',
  action: 'issued',
  reason: 'api',
  requestId: 'request_1',
  before: null,
  after: facts,
})

const anIssue = (license: License, claims: readonly Claim[] = []): Batch => ({
  license: { issued: license, audit: anAudit(license), notices: [] },
  claims,
  now: license.createdAt,
})

const aChange = (to: LicenseChange, changes: Partial<Batch> = {}, expected?: number): Batch => ({
  claims: [],
  license: {
    changed: anId('first'),
    ...(expected !== undefined && { expected }),
    to,
    audit: {
      ...anAudit(aLicense({ id: anId('first') })),
      action: 'changed',
      before: {},
      after: to,
    },
    notices: [],
  },
  now: NOW,
  ...changes,
})

const aRecord = (id: string, version: number, body: object = { said: 1 }): ProviderRecord => ({
  id,
  version,
  body,
})

const PURCHASE: Claim = { kind: 'purchase', key: 'pi:pi_1' }
const REQUEST: Claim = {
  kind: 'request',
  key: 'root#key_1',
  fingerprint: 'print_1',
  expiresAt: NOW + 1000,
}

const EVENT: Claim = { kind: 'event', key: 'evt_1', expiresAt: NOW + 1000 }

/** What every license store promises. */
export function itIsALicenseStore(create: () => Promise<LicenseStore>) {
  let store: LicenseStore
  const first = aLicense({ id: anId('first') })
  const second = aLicense({ id: anId('second') })

  beforeEach(async () => {
    store = await create()
  })

  describe('find', () => {
    it('returns undefined for an unknown id', async () => {
      expect(await store.find(anId('unknown'))).toBeUndefined()
    })

    it('returns every field of an issued license', async () => {
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
      await store.commit(anIssue(license))
      expect(await store.find(license.id)).toEqual(license)
    })
  })

  describe('an issue', () => {
    it('refuses an id that is taken and leaves its license as it was', async () => {
      await store.commit(anIssue(first))
      const other = aLicense({ id: first.id, userId: 'user_other' })
      expect(await store.commit(anIssue(other))).toEqual({ status: 'taken' })
      expect(await store.find(first.id)).toEqual(first)
    })

    it.each([
      ['purchase', PURCHASE],
      ['request', REQUEST],
    ])('returns the license of the first claim for a repeated %s', async (_, claim) => {
      expect(await store.commit(anIssue(first, [claim]))).toEqual({ status: 'written' })
      expect(await store.commit(anIssue(second, [claim]))).toEqual({
        status: 'claimed',
        claim: { ...claim, licenseId: first.id },
      })
      expect(await store.find(second.id)).toBeUndefined()
    })

    it('writes no claim if another one exists', async () => {
      await store.commit(anIssue(first, [PURCHASE]))
      await store.commit(anIssue(second, [REQUEST, PURCHASE]))
      expect(await store.commit(anIssue(second, [REQUEST]))).toEqual({ status: 'written' })
    })

    it('writes no claim when the id is taken', async () => {
      await store.commit(anIssue(first))
      await store.commit(anIssue(first, [PURCHASE]))
      expect(await store.commit(anIssue(second, [PURCHASE]))).toEqual({ status: 'written' })
    })

    it('reports an existing claim before a taken id', async () => {
      await store.commit(anIssue(first, [PURCHASE]))
      expect(await store.commit(anIssue(first, [PURCHASE]))).toMatchObject({ status: 'claimed' })
    })

    it('reports the first of several existing claims', async () => {
      await store.commit(anIssue(first, [REQUEST, PURCHASE]))
      expect(await store.commit(anIssue(second, [REQUEST, PURCHASE]))).toMatchObject({
        claim: { kind: 'request' },
      })
    })

    it('ignores an expired claim from the millisecond of its expiry', async () => {
      await store.commit(anIssue(first, [REQUEST]))
      const early = aLicense({ id: anId('early'), createdAt: NOW + 999 })
      const late = aLicense({ id: anId('late'), createdAt: NOW + 1000 })
      expect(await store.commit(anIssue(early, [REQUEST]))).toMatchObject({ status: 'claimed' })
      expect(await store.commit(anIssue(late, [REQUEST]))).toEqual({ status: 'written' })
    })

    it('accepts exactly one of many concurrent claims', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          store.commit(anIssue(aLicense({ id: anId(`racer_${index}`) }), [PURCHASE])),
        ),
      )
      expect(outcomes.filter(({ status }) => status === 'written')).toHaveLength(1)
      const held = outcomes.flatMap((outcome) =>
        outcome.status === 'claimed' ? [outcome.claim.licenseId] : [],
      )
      expect(held).toHaveLength(9)
      expect(new Set(held).size).toBe(1)
    })
  })

  describe('claim', () => {
    it('adds a claim to a license and reports it to the next caller', async () => {
      await store.commit(anIssue(first, []))
      expect(await store.claim(REQUEST, first.id, NOW)).toBeUndefined()
      expect(await store.claim(REQUEST, second.id, NOW)).toEqual({
        ...REQUEST,
        licenseId: first.id,
      })
      expect(await store.commit(anIssue(second, [REQUEST]))).toEqual({
        status: 'claimed',
        claim: { ...REQUEST, licenseId: first.id },
      })
    })

    it('replaces an expired claim', async () => {
      await store.claim(REQUEST, first.id, NOW)
      expect(await store.claim(REQUEST, second.id, NOW + 999)).toMatchObject({
        licenseId: first.id,
      })
      expect(await store.claim(REQUEST, second.id, NOW + 1000)).toBeUndefined()
    })
  })

  describe('a change of a license', () => {
    beforeEach(async () => {
      await store.commit(anIssue(first))
    })

    it('changes only the named fields', async () => {
      const { facts } = first
      expect(await store.commit(aChange({ admin: 'suspended' }))).toEqual({ status: 'written' })
      const billing = { status: 'paid', paidUntil: null } as const
      expect(await store.commit(aChange({ billing, tier: 'elite', seats: 9 }))).toEqual({
        status: 'written',
      })
      expect(await store.find(first.id)).toEqual({
        ...first,
        tier: 'elite',
        seats: 9,
        facts: { ...facts, admin: 'suspended', billing },
        version: first.version + 2,
      })
    })

    it('changes the owner', async () => {
      const to = {
        userId: 'user_new',
        userEmail: null,
        paymentIntentId: 'pi_1',
        risk: 'lost',
      } as const
      await store.commit(aChange(to))
      expect(await store.find(first.id)).toMatchObject({
        userId: 'user_new',
        userEmail: null,
        paymentIntentId: 'pi_1',
        facts: { risk: 'lost' },
      })
    })

    it('is stale for an earlier version', async () => {
      expect(await store.commit(aChange({ seats: 5 }, {}, 1))).toEqual({ status: 'written' })
      expect(await store.commit(aChange({ seats: 7 }, {}, 1))).toEqual({ status: 'stale' })
      expect(await store.find(first.id)).toMatchObject({ seats: 5 })
    })

    it('writes its claims for the license', async () => {
      await store.commit(aChange({ seats: 5 }, { claims: [PURCHASE] }))
      expect(await store.commit(aChange({ seats: 7 }, { claims: [PURCHASE] }))).toEqual({
        status: 'claimed',
        claim: { ...PURCHASE, licenseId: first.id },
      })
      expect(await store.find(first.id)).toMatchObject({ seats: 5 })
    })

    it('throws for an unknown license and writes nothing', async () => {
      const change = aChange({ seats: 5 }, { claims: [PURCHASE] })
      const nobody = { ...change, license: { ...change.license, changed: anId('none') } } as Batch
      await expect(store.commit(nobody)).rejects.toThrow('does not exist')
      expect(await store.commit(anIssue(second, [PURCHASE]))).toEqual({ status: 'written' })
    })
  })

  describe('a license with another key', () => {
    const replaced = aChange(
      { keyId: anId('new_key'), origin: { ...first.origin, issuedAt: 9 }, earlierKeys: [] },
      {},
    )
    const reissue = {
      ...replaced,
      license: { ...replaced.license, alias: anId('new_key') },
    } as Batch

    it('is found by the ids of both', async () => {
      await store.commit(anIssue(first))
      expect(await store.commit(reissue)).toEqual({ status: 'written' })
      const license = await store.find(first.id)
      expect(license).toMatchObject({ id: first.id, keyId: anId('new_key'), version: 2 })
      expect(license?.origin).toEqual({ ...first.origin, issuedAt: 9 })
      expect(await store.find(anId('new_key'))).toEqual(license)
    })

    it('shares no id with another license', async () => {
      await store.commit(anIssue(first))
      await store.commit(anIssue(aLicense({ id: anId('new_key') })))
      expect(await store.commit(reissue)).toEqual({ status: 'taken' })
      expect(await store.find(first.id)).toEqual(first)
      const other = { ...reissue, license: { ...reissue.license, alias: anId('free') } } as Batch
      await store.commit(other)
      expect(await store.commit(anIssue(aLicense({ id: anId('free') })))).toEqual({
        status: 'taken',
      })
    })
  })

  describe('a note', () => {
    it('adds to the history and changes nothing', async () => {
      await store.commit(anIssue(first))
      expect(await store.commit(aChange({}))).toEqual({ status: 'written' })
      expect(await store.find(first.id)).toEqual(first)
      expect(await store.history(first.id, {})).toHaveLength(2)
    })

    it('throws for an unknown license', async () => {
      await expect(store.commit(aChange({}))).rejects.toThrow('does not exist')
    })
  })

  describe('the history', () => {
    it('lists one license newest first, up to a time and a limit', async () => {
      await store.commit(anIssue(first))
      await store.commit(anIssue(second))
      for (const at of [NOW + 5, NOW + 10]) {
        const change = aChange({ seats: at })
        const audit = { ...change.license?.audit, at } as AuditEntry
        await store.commit({ ...change, license: { ...change.license, audit } } as Batch)
      }
      const times = async (span: { until?: number; limit?: number }) =>
        (await store.history(first.id, span)).map(({ at }) => at)
      expect(await times({})).toEqual([NOW + 10, NOW + 5, NOW])
      expect(await times({ until: NOW + 5 })).toEqual([NOW + 5, NOW])
      expect(await times({ limit: 1 })).toEqual([NOW + 10])
      expect(await times({ until: NOW - 1 })).toEqual([])
    })

    it('returns every fact as written', async () => {
      await store.commit(anIssue(first))
      expect(await store.history(first.id, {})).toEqual([anAudit(first)])
    })
  })

  describe('a list', () => {
    const aNamed = (name: string, createdAt: number, changes: Partial<License> = {}) =>
      aLicense({ id: anId(name), createdAt: NOW + createdAt, ...changes })
    const paid = (paidUntil: number | null) => ({
      facts: { ...first.facts, billing: { status: 'paid', paidUntil } as const },
    })
    const all = [
      aNamed('a', 1, {
        userId: 'user_a',
        userEmail: 'Some.Body@Example.com',
        subscriptionId: 'sub_1',
        ...paid(NOW + 300),
      }),
      aNamed('b', 2, { userId: 'user_b', tier: 'elite', customerId: 'cus_1', ...paid(NOW + 100) }),
      aNamed('c', 3, { userId: null, userEmail: null, ...paid(null) }),
      aNamed('d', 4, { userId: 'user_a', customerId: 'cus_1', ...paid(NOW + 200) }),
    ]
    const names = async (selection: Selection, limit = 9, after?: Position) =>
      (await store.list(selection, limit, after)).map(({ license }) => license.id.slice(4))

    beforeEach(async () => {
      for (const license of all) await store.commit(anIssue(license))
    })

    it.each<[string, Selection, string[]]>([
      ['everything', { by: 'creation' }, ['d', 'c', 'b', 'a']],
      ['a user', { by: 'userId', value: 'user_a' }, ['d', 'a']],
      ['an address in any case', { by: 'userEmail', value: 'some.body@EXAMPLE.com' }, ['a']],
      ['a customer', { by: 'customerId', value: 'cus_1' }, ['d', 'b']],
      ['a subscription', { by: 'subscriptionId', value: 'sub_1' }, ['a']],
      ['a tier', { by: 'tier', value: 'elite' }, ['b']],
      ['nobody', { by: 'userId', value: 'user_z' }, []],
    ])('is of %s, newest first', async (_, selection, expected) => {
      expect(await names(selection)).toEqual(expected)
    })

    it('lists licenses by expiry, without lifetime licenses', async () => {
      expect(await names({ by: 'end', from: 0, before: NOW + 300 })).toEqual(['b', 'd'])
      expect(await names({ by: 'end', from: NOW + 101, before: NOW + 301 })).toEqual(['d', 'a'])
    })

    it.each<[string, Selection, string[]]>([
      ['everything', { by: 'creation', order: 'asc' }, ['a', 'b', 'c', 'd']],
      ['a user', { by: 'userId', value: 'user_a', order: 'asc' }, ['a', 'd']],
      ['the end', { by: 'end', from: 0, before: NOW + 999, order: 'desc' }, ['a', 'd', 'b']],
    ])('is of %s the other way round where that is asked for', async (_, selection, expected) => {
      expect(await names(selection)).toEqual(expected)
    })

    it('finds addresses by prefix in any case, sorted', async () => {
      const start = (text: string) => names({ by: 'emailStart', start: text })
      expect(await start('SOME.')).toEqual(['a'])
      expect((await start('u')).sort()).toEqual(['b', 'd'])
      expect(await start('some.body@example.com.')).toEqual([])
      expect(await start('ome')).toEqual([])
    })

    it('finds user ids by prefix, sorted by bytes', async () => {
      const ids = ['user_\u{1F985}', 'user_\uFF5E', 'user_A']
      for (const [index, userId] of ids.entries()) {
        await store.commit(anIssue(aNamed(`more${index}`, 9, { userId })))
      }
      const start = (text: string) => names({ by: 'userStart', start: text })
      const found = await start('user_')
      expect(found.slice(0, 1)).toEqual(['more2'])
      expect(found.slice(1, 3).sort()).toEqual(['a', 'd'])
      expect(found.slice(3)).toEqual(['b', 'more1', 'more0'])
      expect(await start('USER_')).toEqual([])
      expect(await start('user_b')).toEqual(['b'])
    })

    it.each<Selection>([
      { by: 'creation' },
      { by: 'creation', order: 'asc' },
      { by: 'end', from: 0, before: NOW + 999 },
      { by: 'end', from: 0, before: NOW + 999, order: 'desc' },
      { by: 'userStart', start: 'user_' },
      { by: 'emailStart', start: 'U' },
    ])('goes on where it stopped: %j', async (selection) => {
      const whole = await names(selection)
      const parts: string[] = []
      let after: Position | undefined
      for (;;) {
        const [next] = await store.list(selection, 1, after)
        if (!next) break
        parts.push(next.license.id.slice(4))
        after = next.position
      }
      expect(parts).toEqual(whole)
    })

    it('reflects changes', async () => {
      const change = (to: LicenseChange, id: string): Batch => {
        const base = aChange(to)
        return { ...base, license: { ...base.license, changed: anId(id) } } as Batch
      }
      await store.commit(change({ userId: null, userEmail: null, tier: 'free' }, 'a'))
      await store.commit(change({ userEmail: 'new@example.com', userId: 'user_c' }, 'c'))
      await store.commit(change({ billing: { status: 'paid', paidUntil: null } }, 'b'))
      await store.commit(change({ billing: { status: 'paid', paidUntil: NOW + 50 } }, 'c'))
      await store.commit(change({ extendedUntil: NOW + 250 }, 'd'))
      expect(await names({ by: 'userId', value: 'user_a' })).toEqual(['d'])
      expect(await names({ by: 'userEmail', value: 'some.body@example.com' })).toEqual([])
      expect(await names({ by: 'userEmail', value: 'new@example.com' })).toEqual(['c'])
      expect(await names({ by: 'tier', value: 'free' })).toEqual(['a'])
      expect(await names({ by: 'end', from: 0, before: NOW + 299 })).toEqual(['c', 'd'])
    })
  })

  describe('purchases for review', () => {
    const waits = (id: string, version: number, since?: number): Batch => ({
      claims: [],
      records: [{ ...aRecord(id, version), ...(since !== undefined && { waitingSince: since }) }],
      now: NOW,
    })
    const names = async (limit = 9, after?: { id: string; since: number }) =>
      (await store.listForReview(limit, after)).map(({ id, waitingSince }) => [id, waitingSince])

    it('are listed newest first, page by page, until they are resolved', async () => {
      await store.commit(waits('pi_old', 0, NOW))
      await store.commit(waits('pi_none', 0))
      await store.commit(waits('pi_new', 0, NOW + 5))
      expect(await names()).toEqual([
        ['pi_new', NOW + 5],
        ['pi_old', NOW],
      ])
      expect(await names(1)).toEqual([['pi_new', NOW + 5]])
      expect(await names(1, { id: 'pi_new', since: NOW + 5 })).toEqual([['pi_old', NOW]])
      await store.commit(waits('pi_new', 1))
      expect(await names()).toEqual([['pi_old', NOW]])
      const [record] = (await store.readRecords(['pi_old'], [])).records
      expect(record).toEqual({ ...aRecord('pi_old', 1), waitingSince: NOW })
      expect(await store.list({ by: 'creation' }, 9)).toEqual([])
    })
  })

  describe('devices', () => {
    const aDevice = (name: string, changes: Partial<Device> = {}): Device => ({
      key: name as Device['key'],
      name,
      hint: 'hint',
      activatedAt: NOW,
      releasedAt: null,
      ...changes,
    })
    const audit = { ...anAudit(first), action: 'device_activated', before: {} } as const
    const activate = (name: string, changes: Partial<Device> = {}, releases = 0) =>
      store.activate(first.id, aDevice(name, changes), audit, releases)
    const release = (name: string, at = NOW + 1) =>
      store.release(first.id, name as Device['key'], { ...audit, at })

    beforeEach(async () => {
      await store.commit(anIssue({ ...first, seats: 2 }))
    })

    it('take one seat each while seats are free', async () => {
      expect(await activate('a')).toBe('activated')
      expect(await activate('a')).toBe('known')
      expect(await activate('b', { name: null })).toBe('activated')
      expect(await activate('c')).toBe('full')
      const devices = await store.devices(first.id)
      expect(devices.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
        aDevice('a'),
        aDevice('b', { name: null }),
      ])
      expect(await store.find(first.id)).toMatchObject({ devices: 2, releases: [], version: 1 })
      expect(await store.history(first.id, {})).toHaveLength(3)
    })

    it('release their seats and may activate again', async () => {
      await activate('a')
      expect(await release('a')).toBe('released')
      expect(await release('a')).toBe('unknown')
      expect(await release('z')).toBe('unknown')
      expect(await store.find(first.id)).toMatchObject({ devices: 0, releases: [NOW + 1] })
      expect(await store.devices(first.id)).toEqual([aDevice('a', { releasedAt: NOW + 1 })])
      expect(await activate('a', { activatedAt: NOW + 5 })).toBe('stale')
      expect(await activate('a', { activatedAt: NOW + 5 }, 1)).toBe('activated')
      expect(await store.devices(first.id)).toEqual([aDevice('a', { activatedAt: NOW + 5 })])
      expect(await store.find(first.id)).toMatchObject({ devices: 1 })
    })

    it('are found with the license, also by a later key', async () => {
      await activate('a')
      const license = await store.find(first.id)
      expect(await store.lookup(first.id, 'a' as Device['key'])).toEqual({
        license,
        device: aDevice('a'),
      })
      expect(await store.lookup(first.id, 'b' as Device['key'])).toEqual({ license })
      expect(await store.lookup(anId('none'), 'a' as Device['key'])).toEqual({})
      const change = aChange({ keyId: anId('new_key') })
      const alias = { ...change, license: { ...change.license, alias: anId('new_key') } } as Batch
      await store.commit(alias)
      expect(await store.lookup(anId('new_key'), 'a' as Device['key'])).toMatchObject({
        license: { id: first.id },
        device: { key: 'a' },
      })
    })

    it('lead to the licenses that they were activated for', async () => {
      await store.commit(anIssue(second))
      await activate('a')
      const other = { ...audit, licenseId: second.id }
      await store.activate(second.id, aDevice('a', { activatedAt: NOW + 7 }), other, 0)
      const list = (limit: number, after?: Position) =>
        store.list({ by: 'device', value: 'a' as Device['key'] }, limit, after)
      const all = await list(9)
      expect(all.map(({ license }) => license.id)).toEqual([second.id, first.id])
      const [last] = await list(1)
      expect(await list(1, last?.position)).toMatchObject([{ license: { id: first.id } }])
    })

    it('never exceed the seats under concurrency', async () => {
      const all = Array.from({ length: 30 }, (_, index) => activate(`racer_${index}`))
      const outcomes = await Promise.all(all)
      expect(outcomes.filter((outcome) => outcome === 'activated')).toHaveLength(2)
      expect(outcomes.filter((outcome) => outcome === 'full')).toHaveLength(28)
      expect(await store.devices(first.id)).toHaveLength(2)
    })
  })

  describe('records of the provider', () => {
    const write = (...records: ProviderRecord[]) => store.commit({ claims: [], records, now: NOW })

    it('are returned as written', async () => {
      expect(await store.readRecords(['sub_1', 'cus_1'], [])).toEqual({ records: [], claims: [] })
      const body = { facts: { in_1: { at: NOW, gone: null, list: ['a', { b: true }] } }, none: {} }
      expect(await write(aRecord('sub_1', 0, body))).toEqual({ status: 'written' })
      expect(await store.readRecords(['sub_1', 'cus_1'], [EVENT])).toEqual({
        records: [{ id: 'sub_1', version: 1, body }],
        claims: [],
      })
    })

    it('are overwritten only from the latest version', async () => {
      await write(aRecord('sub_1', 0))
      expect(await write(aRecord('sub_1', 0))).toEqual({ status: 'stale' })
      expect(await write(aRecord('sub_1', 1, { said: 2 }))).toEqual({ status: 'written' })
      expect(await write(aRecord('sub_1', 1, { said: 3 }))).toEqual({ status: 'stale' })
      expect(await write(aRecord('sub_2', 1))).toEqual({ status: 'stale' })
      const { records } = await store.readRecords(['sub_1'], [])
      expect(records).toEqual([{ id: 'sub_1', version: 2, body: { said: 2 } }])
    })

    it('are written with everything else or not at all', async () => {
      await write(aRecord('sub_1', 0))
      const license = anIssue(first, [EVENT, PURCHASE])
      expect(await store.commit({ ...license, records: [aRecord('sub_1', 0)] })).toEqual({
        status: 'stale',
      })
      expect(await store.find(first.id)).toBeUndefined()
      expect(await store.readRecords([], [EVENT])).toMatchObject({ claims: [] })
      expect(await store.commit({ ...license, records: [aRecord('sub_1', 1)] })).toEqual({
        status: 'written',
      })
      expect(await store.find(first.id)).toEqual(first)
      expect(await store.readRecords(['sub_1'], [EVENT])).toMatchObject({
        claims: [{ ...EVENT, licenseId: first.id }],
        records: [{ version: 2 }],
      })
    })

    it('report a stale record before an existing claim', async () => {
      await store.commit(anIssue(first, [PURCHASE]))
      const again = { ...anIssue(second, [PURCHASE]), records: [aRecord('sub_1', 3)] }
      expect(await store.commit(again)).toEqual({ status: 'stale' })
    })

    it('may belong to an event without a license', async () => {
      expect(await store.commit({ claims: [EVENT], now: NOW })).toEqual({ status: 'written' })
      expect(await store.readRecords([], [EVENT])).toEqual({
        records: [],
        claims: [{ ...EVENT, licenseId: null }],
      })
      expect(await store.commit({ claims: [EVENT], now: NOW })).toEqual({
        status: 'claimed',
        claim: { ...EVENT, licenseId: null },
      })
    })

    it('are rejected if a record or claim that must be absent exists', async () => {
      const others = { claims: [], records: [aRecord('sub_2', 0)], now: NOW }
      await write(aRecord('sub_1', 0))
      const known = { ...others, absent: { records: ['cus_1', 'sub_1'] } }
      expect(await store.commit(known)).toEqual({ status: 'stale' })
      await store.commit(anIssue(first, [PURCHASE]))
      const ordered = { ...others, absent: { claims: [EVENT, PURCHASE] } }
      expect(await store.commit(ordered)).toEqual({ status: 'stale' })
      const free = { ...others, absent: { records: ['cus_1'], claims: [EVENT] } }
      expect(await store.commit(free)).toEqual({ status: 'written' })
    })

    it('are written by exactly one of many concurrent writers', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) => write(aRecord('sub_1', 0, { said: index }))),
      )
      expect(outcomes.filter(({ status }) => status === 'written')).toHaveLength(1)
      expect(outcomes.filter(({ status }) => status === 'stale')).toHaveLength(9)
    })
  })
}
