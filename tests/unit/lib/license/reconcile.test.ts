import { beforeEach, describe, expect, it } from '@jest/globals'
import { deriveKey } from '../../../../lib/license/key.ts'
import type { Entitlement, LicenseChange } from '../../../../lib/license/license.ts'
import {
  type PurchaseLink,
  type ReconcileContext,
  reconcile,
} from '../../../../lib/license/reconcile.ts'
import type { Batch, Claim, LicenseStore } from '../../../../lib/license/store.ts'
import { issued, NOW, someKeys } from '../../../support/licenses.ts'
import { createMemoryStore } from '../../../support/memoryStore.ts'

const keys = someKeys()
const EVENT: Claim = { kind: 'event', key: 'evt_1', expiresAt: NOW + 1000 }

const ENTITLED: Entitlement = {
  userId: 'user_123',
  userEmail: 'buyer@example.com',
  tier: 'pro',
  seats: 3,
  paymentIntentId: 'pi_1',
  customerId: null,
  subscriptionId: null,
  billing: { status: 'paid', paidUntil: NOW + 5000 },
  risk: 'clear',
}

let store: LicenseStore
let batches: Batch[]
beforeEach(() => {
  const memory = createMemoryStore()
  batches = []
  store = {
    ...memory,
    commit: (batch) => {
      batches.push(batch)
      return memory.commit(batch)
    },
  }
})

interface Change {
  readonly key?: string
  readonly entitlement?: Entitlement | undefined
  readonly link?: PurchaseLink
  readonly context?: Partial<ReconcileContext>
}

const reconciled = ({ key = 'pi:pi_1', link, context, ...change }: Change = {}) =>
  reconcile(
    { store, keys, now: NOW },
    {
      key,
      entitlement: 'entitlement' in change ? change.entitlement : ENTITLED,
      risk: 'clear',
      link,
    },
    {
      claims: [],
      free: [],
      records: () => [],
      actor: 'stripe:evt_1',
      reason: 'invoice.paid',
      requestId: 'request_1',
      ...context,
    },
  )

/** Settles what leads to a license, and answers it. */
async function reconcilePurchase(change: Change = {}) {
  const outcome = await reconciled(change)
  if (outcome.status !== 'reconciled' || !outcome.link) throw new Error(JSON.stringify(outcome))
  const license = await store.find(outcome.link.id)
  if (!license) throw new Error('There is no license')
  return { outcome, link: outcome.link, license }
}

const records = (link: PurchaseLink | undefined) => [{ id: 'pi_1', version: 0, body: { link } }]

describe('reconciling a purchase', () => {
  it('writes the license with the event, the record and the history in one transaction', async () => {
    const { outcome, link, license } = await reconcilePurchase({
      context: { claims: [EVENT], records },
    })
    expect(outcome).toEqual({
      status: 'reconciled',
      link: { id: license.id, given: ENTITLED },
      effect: 'issued',
    })
    expect(license).toMatchObject({
      userId: 'user_123',
      tier: 'pro',
      seats: 3,
      origin: { subject: 'user_123', tier: 'pro', issuedAt: NOW / 1000, keyVersion: '1' },
      facts: { admin: 'clear', billing: ENTITLED.billing, risk: 'clear' },
    })
    expect(batches).toHaveLength(1)
    expect(batches[0]).toMatchObject({
      claims: [EVENT, { kind: 'purchase', key: 'pi:pi_1' }],
      records: [{ id: 'pi_1', version: 0, body: { link } }],
      license: {
        issued: license,
        audit: { action: 'issued', actor: 'stripe:evt_1', reason: 'invoice.paid', before: null },
      },
    })
    expect(JSON.stringify(batches)).not.toContain(deriveKey(license.origin, keys).split('-')[2])
  })

  it('uses the next free second for a second purchase', async () => {
    await reconcilePurchase()
    const { license } = await reconcilePurchase({ key: 'pi:pi_2' })
    expect(license.origin.issuedAt).toBe(NOW / 1000 + 1)
  })

  it('gives up when no second is free', async () => {
    store = { ...store, commit: async () => ({ status: 'taken' }) }
    await expect(reconciled()).rejects.toThrow(
      'No unused issue time is available for the purchase pi:pi_1',
    )
  })

  it('uses the purchase as the subject while the user is unknown', async () => {
    const { license } = await reconcilePurchase({ entitlement: { ...ENTITLED, userId: null } })
    expect(license).toMatchObject({ userId: null, origin: { subject: 'pi:pi_1' } })
  })

  it('writes the record if there is nothing to issue', async () => {
    const outcome = await reconciled({
      entitlement: undefined,
      context: { claims: [EVENT], records },
    })
    expect(outcome).toEqual({ status: 'reconciled', link: undefined, effect: 'none' })
    expect(await store.readRecords(['pi_1'], [EVENT])).toMatchObject({
      claims: [{ key: 'evt_1' }],
      records: [{ id: 'pi_1', version: 1 }],
    })
  })
})

describe('reconciling a purchase that has a license', () => {
  it.each([
    ['tier', { tier: 'elite' }],
    ['seats', { seats: 9 }],
    ['owner', { userId: 'user_new', userEmail: null }],
    ['risk', { risk: 'disputed' }],
    ['billing', { billing: { status: 'past_due', paidUntil: NOW, graceUntil: NOW + 9 } }],
    ['end', { billing: { status: 'paid', paidUntil: NOW + 5000, cancelAt: NOW + 9 } }],
  ] satisfies [string, Partial<Entitlement>][])(
    'changes its %s and nothing else',
    async (_, to) => {
      const { link } = await reconcilePurchase()
      const { outcome, license } = await reconcilePurchase({
        link,
        entitlement: { ...ENTITLED, ...to },
      })
      expect(outcome).toMatchObject({ effect: 'changed', link: { given: { ...ENTITLED, ...to } } })
      expect(batches.at(-1)?.license).toMatchObject({
        changed: license.id,
        to,
        audit: {
          action: 'changed',
          before: Object.fromEntries(
            Object.keys(to).map((name) => [name, ENTITLED[name as keyof Entitlement]]),
          ),
          after: to,
        },
      })
      expect(license.version).toBe(2)
    },
  )

  it('does not write an unchanged license', async () => {
    const { link } = await reconcilePurchase()
    const same = { ...ENTITLED, billing: { paidUntil: NOW + 5000, status: 'paid' } as const }
    const { outcome, license } = await reconcilePurchase({ link, entitlement: same })
    expect(outcome).toMatchObject({ effect: 'none' })
    expect(license.version).toBe(1)
    const lost = await reconcilePurchase({ link, entitlement: undefined })
    expect(lost.outcome).toMatchObject({ effect: 'none', link })
  })

  it('keeps the decisions of an admin', async () => {
    const { link, license } = await reconcilePurchase()
    const audit = { ...issuedAudit(license.id), after: { admin: 'revoked' } } as const
    await store.commit({
      claims: [],
      license: { changed: license.id, to: { admin: 'revoked', tier: 'free' }, audit, notices: [] },
      now: NOW,
    })
    const paid = { ...ENTITLED, billing: { status: 'paid', paidUntil: NOW + 9000 } as const }
    const { license: after } = await reconcilePurchase({ link, entitlement: paid })
    expect(after).toMatchObject({
      tier: 'free',
      facts: { admin: 'revoked', billing: { paidUntil: NOW + 9000 } },
    })
  })
})

const issuedAudit = (licenseId: PurchaseLink['id']) => ({
  licenseId,
  at: NOW,
  actor: 'token:root',
  action: 'changed' as const,
  reason: 'fraud',
  requestId: 'request_1',
  before: {},
})

describe('reconciling a purchase whose license an admin changed', () => {
  const change = (id: PurchaseLink['id'], to: LicenseChange) =>
    store.commit({
      claims: [],
      license: { changed: id, to, audit: { ...issuedAudit(id), after: to }, notices: [] },
      now: NOW,
    })

  it('keeps an owner and an address from another source', async () => {
    const { link } = await reconcilePurchase()
    await change(link.id, { userId: 'user_b', userEmail: 'b@example.com' })
    const moved = { ...ENTITLED, userId: 'user_c', userEmail: 'moved@example.com', seats: 9 }
    const { license } = await reconcilePurchase({ link, entitlement: moved })
    expect(license).toMatchObject({ userId: 'user_b', userEmail: 'b@example.com', seats: 9 })
    const { outcome } = await reconcilePurchase({ link, entitlement: { ...moved, seats: 3 } })
    expect(outcome).toMatchObject({ effect: 'none' })
  })

  it('keeps an extension when the billing changes', async () => {
    const { link } = await reconcilePurchase()
    await change(link.id, { extendedUntil: NOW + 9000 })
    const ended = { ...ENTITLED, billing: { status: 'ended', paidUntil: NOW } as const }
    await reconcilePurchase({ link, entitlement: ended })
    expect(batches.at(-1)?.license).toMatchObject({
      to: { billing: ended.billing, extendedUntil: NOW + 9000 },
      audit: { after: { billing: ended.billing } },
    })
  })

  it('follows the requested tier, not the one that an admin set', async () => {
    const { license } = await issued(store, { purchaseKey: 'sub:sub_1' })
    await change(license.id, { tier: 'elite', seats: 9 })
    const { license: after } = await reconcilePurchase({ key: 'sub:sub_1' })
    expect(after).toMatchObject({ tier: 'elite', seats: 9, facts: { billing: ENTITLED.billing } })
  })

  it('throws if the license is missing', async () => {
    const { link } = await reconcilePurchase()
    store = { ...store, find: async () => undefined }
    await expect(reconciled({ link, entitlement: { ...ENTITLED, seats: 9 } })).rejects.toThrow(
      'A purchase points to a license that does not exist',
    )
  })
})

describe('reconciling a payment whose license the vendor’s server requested first', () => {
  it('keeps the requested terms and follows refunds', async () => {
    const { license } = await issued(store, { purchaseKey: 'pi:pi_1', durationDays: 365 })
    const first = await reconcilePurchase()
    expect(first.license).toEqual(license)
    expect(first.outcome).toEqual({
      status: 'reconciled',
      link: { id: license.id, given: { risk: 'clear', customerId: null, subscriptionId: null } },
      effect: 'none',
    })
    const refunded = await reconcilePurchase({
      link: first.link,
      entitlement: { ...ENTITLED, risk: 'refunded' },
    })
    expect(refunded.license.facts).toEqual({ ...license.facts, risk: 'refunded' })
  })

  it('follows the payments of a subscription', async () => {
    const { license } = await issued(store, { purchaseKey: 'sub:sub_1' })
    const { license: after } = await reconcilePurchase({ key: 'sub:sub_1' })
    expect(after.facts.billing).toEqual(ENTITLED.billing)
    expect(after).toMatchObject({ id: license.id, userId: 'user_123', version: 2 })
  })

  it('adds the address of the buyer', async () => {
    await issued(store, { purchaseKey: 'pi:pi_1', userEmail: null })
    expect((await reconcilePurchase()).license.userEmail).toBe('buyer@example.com')
  })

  it.each([
    ['user', { userId: 'user_other' }],
    ['tier', { tier: 'elite' }],
  ])('reports a conflict for another %s', async (_, order) => {
    await issued(store, { purchaseKey: 'pi:pi_1', ...order })
    expect((await reconcilePurchase()).outcome).toMatchObject({ conflict: true })
    expect((await reconciled({ context: { claims: [EVENT] } })).status).toBe('reconciled')
  })

  it('reports no conflict for an unknown buyer', async () => {
    await issued(store, { purchaseKey: 'pi:pi_1' })
    const { outcome } = await reconcilePurchase({ entitlement: { ...ENTITLED, userId: null } })
    expect(outcome).not.toHaveProperty('conflict')
  })

  it('throws if the license of the purchase is missing', async () => {
    const claim = { kind: 'purchase', key: 'pi:pi_1', licenseId: null } as const
    store = { ...store, commit: async () => ({ status: 'claimed', claim }) }
    await expect(reconciled()).rejects.toThrow('A purchase points to a license that does not exist')
  })
})

describe('reconciling again', () => {
  it('is recognized by the event', async () => {
    const context = { claims: [EVENT] }
    const { link } = await reconcilePurchase({ context })
    expect(await reconciled({ context })).toEqual({ status: 'repeated' })
    expect(await reconciled({ link, context })).toEqual({ status: 'repeated' })
    expect(await reconciled({ entitlement: undefined, context })).toEqual({ status: 'repeated' })
  })

  it('is stale if a record changed meanwhile', async () => {
    const { link } = await reconcilePurchase({ context: { records } })
    expect(await reconciled({ key: 'pi:pi_2', context: { records } })).toEqual({ status: 'stale' })
    expect(await reconciled({ link, context: { records } })).toEqual({ status: 'stale' })
  })

  it('is stale if the record of a payment changed meanwhile', async () => {
    await issued(store, { purchaseKey: 'pi:pi_1' })
    await store.commit({ claims: [], records: records(undefined), now: NOW })
    expect(await reconciled({ context: { records } })).toEqual({ status: 'stale' })
  })
})
