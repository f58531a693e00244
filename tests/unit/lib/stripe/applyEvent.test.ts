import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import type { Catalog } from '../../../../lib/catalog/schema.ts'
import { evaluate } from '../../../../lib/license/index.ts'
import { type LicenseStore, StoreUnavailable } from '../../../../lib/license/store.ts'
import { createStripeApi, type StripeApi } from '../../../../lib/stripe/api.ts'
import { applyEvent } from '../../../../lib/stripe/applyEvent.ts'
import {
  aCharge,
  aCustomer,
  anInvoice,
  aSubscription,
  type Line,
  type StripeEvent,
} from '../../../../scripts/stripe/objects.ts'
import { SCENARIOS } from '../../../../scripts/stripe/scenarios.ts'
import { aSecret, issued, NOW, someKeys } from '../../../support/licenses.ts'
import { buildEvents } from '../../../support/scenarios.ts'
import { aStripeApi, type LocalStripeApi } from '../../../support/stripeApi.ts'
import {
  aBuyer,
  aPricedCatalog,
  aRecordingStore,
  BUYER,
  charge,
  customer,
  DAY,
  event,
  MONTH,
  NEXT,
  PRO,
  START,
  session,
  subscription,
  UNNAMED,
  VERSION,
} from '../../../support/stripeEvents.ts'

const keys = someKeys()

let recording: ReturnType<typeof aRecordingStore>
let server: LocalStripeApi | undefined
beforeEach(() => {
  recording = aRecordingStore()
})
afterEach(async () => {
  await server?.stop()
  server = undefined
})

interface Options {
  readonly store?: LicenseStore
  readonly api?: StripeApi | undefined
  readonly by?: Catalog
}

const apply = (one: StripeEvent, { store = recording.store, api, by = catalog }: Options = {}) =>
  applyEvent(
    { store, keys, catalog: by, api, now: NOW, requestId: 'request_1' },
    one as unknown as Stripe.Event,
  )

const licenses = () => recording.licenses()

describe('after a crash', () => {
  /** A store whose call with the given number fails, before or after it has its effect. */
  function failing(inner: LicenseStore, call: number, when: 'before' | 'after') {
    let calls = 0
    const wrap =
      <Args extends unknown[], Result>(method: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        const fails = ++calls === call
        if (fails && when === 'before') throw new StoreUnavailable('crash')
        const result = await method(...args)
        if (fails) throw new StoreUnavailable('crash')
        return result
      }
    return {
      ...inner,
      find: wrap(inner.find),
      commit: wrap(inner.commit),
      claim: wrap(inner.claim),
      readRecords: wrap(inner.readRecords),
    }
  }

  const withoutIds = async () =>
    (await licenses()).map(({ id: _, version: __, origin: ___, ...license }) => license)

  const twoPurchases = [
    subscription(0, {}, { buyer: UNNAMED }),
    subscription(0, {}, { buyer: UNNAMED, id: 'sub_2' }),
    customer(2, 'c@example.com', { userId: 'user_c' }),
  ]

  it.each<[string, readonly StripeEvent[]]>([
    ...SCENARIOS.map((name): [string, StripeEvent[]] => [name, buildEvents(name, 'hybrid')]),
    ['a customer with two purchases', twoPurchases],
  ])('a retry brings %s to the same result', async (_, events) => {
    for (const one of events) await apply(one)
    const expected = await withoutIds()
    let crashes = 0
    for (const when of ['before', 'after'] as const) {
      for (const [index] of events.entries()) {
        for (let call = 1, crashed = true; crashed; call++) {
          recording = aRecordingStore()
          crashed = false
          for (const [position, one] of events.entries()) {
            const store =
              position === index ? failing(recording.store, call, when) : recording.store
            await apply(one, { store }).catch(() => {
              crashed = true
            })
            if (position === index && crashed) await apply(one)
          }
          if (crashed) crashes++
          expect(await withoutIds()).toEqual(expected)
        }
      }
    }
    expect(crashes).toBeGreaterThanOrEqual(events.length * 4)
  })
})

describe('the same event', () => {
  it('has its effect once, also if it is received concurrently', async () => {
    const one = session()
    const results = await Promise.all([apply(one), apply(one), apply(one)])
    expect(results.filter((result) => 'repeated' in result)).toHaveLength(2)
    expect(await apply(one)).toEqual({ repeated: true })
    expect(await licenses()).toHaveLength(1)
    expect(recording.batches).toHaveLength(1)
  })

  it('is unavailable if concurrent writes never stop', async () => {
    const store = { ...recording.store, commit: async () => ({ status: 'stale' }) as const }
    await expect(apply(session(), { store })).rejects.toThrow(StoreUnavailable)
  })
})

describe('objects of one purchase', () => {
  it('are merged when an event links them', async () => {
    await apply(charge('pi_1'))
    expect(await licenses()).toEqual([])
    await apply(session())
    expect(await licenses()).toMatchObject([{ facts: { risk: 'refunded' } }])
  })

  it('need no review any more after they are merged into a purchase with a license', async () => {
    await issued(recording.store, { purchaseKey: 'pi:pi_1' })
    await apply(session({ payment_intent: null, metadata: {} }))
    expect(await recording.store.listForReview(10)).toHaveLength(1)
    await apply(session({ metadata: {} }))
    expect(await recording.store.listForReview(10)).toEqual([])
  })

  it('include a dispute of the charge of an invoice, in an old API version', async () => {
    const all = buildEvents('dispute-lost', '2020-08-27')
    const isDispute = ({ type }: StripeEvent) => type.startsWith('charge.dispute')
    for (const one of all.filter(isDispute)) await apply(one)
    for (const one of all.filter((other) => !isDispute(other))) await apply(one)
    expect(await licenses()).toMatchObject([{ facts: { risk: 'lost' } }])
  })

  it('never include two subscriptions', async () => {
    await apply(subscription(0))
    await apply(subscription(0, {}, { id: 'sub_2' }))
    const payment = { id: 'ip_1', invoice: 'in_1', payment: { payment_intent: 'pi_x' } }
    await apply(event('invoice_payment.paid', 0, payment))
    for (const id of ['sub_1', 'sub_2']) {
      await apply(session({ mode: 'subscription', subscription: id }))
    }
    expect(await licenses()).toHaveLength(2)
    const canceled = { status: 'canceled', ended_at: START + 3 * DAY }
    await apply(subscription(3, canceled, { id: 'sub_2' }))
    const states = (await licenses()).map(({ facts }) => evaluate(facts, NOW).state)
    expect(states.toSorted()).toEqual(['active', 'expired'])
  })
})

describe('a purchase without a user', () => {
  it('gets an unassigned license, which is assigned by a later event', async () => {
    await apply(subscription(0, {}, { buyer: UNNAMED }))
    expect(await licenses()).toMatchObject([{ userId: null, origin: { subject: 'sub:sub_1' } }])
    await apply(subscription(1))
    expect(await licenses()).toMatchObject([
      { userId: 'user_123', origin: { subject: 'sub:sub_1' }, version: 2 },
    ])
  })

  it('gets the user of its customer, in any order', async () => {
    await apply(subscription(0, {}, { buyer: UNNAMED }))
    await apply(session({}, UNNAMED))
    await apply(customer(2, 'c@example.com', { userId: 'user_c' }))
    await apply(subscription(3, {}, { buyer: UNNAMED, id: 'sub_3' }))
    const expected = { userId: 'user_c', userEmail: 'c@example.com' }
    expect(await licenses()).toMatchObject([expected, expected, expected])
  })

  it('gets the user of another purchase of the customer', async () => {
    await apply(subscription(0, {}, { buyer: UNNAMED }))
    await apply(session())
    expect((await licenses()).map(({ userId }) => userId)).toEqual(['user_123', 'user_123'])
  })
})

describe('an event about a customer', () => {
  it('reports whether a license changed', async () => {
    await apply(subscription(0))
    const changed = { effect: 'changed', alerts: [] }
    expect(await apply(customer(2, 'moved@example.com'))).toEqual(changed)
    expect(await apply(customer(3, 'moved@example.com'))).toMatchObject({ effect: 'none' })
  })

  it('changes all purchases, also if it is retried after a concurrent write', async () => {
    await apply(subscription(0, {}, { buyer: UNNAMED }))
    await apply(subscription(0, {}, { buyer: UNNAMED, id: 'sub_2' }))
    const { store } = recording
    let calls = 0
    const staleOnce: LicenseStore = {
      ...store,
      commit: async (batch) => (++calls === 2 ? { status: 'stale' } : store.commit(batch)),
    }
    await apply(customer(2, 'c@example.com', { userId: 'user_c' }), { store: staleOnce })
    expect((await licenses()).map(({ userId }) => userId)).toEqual(['user_c', 'user_c'])
  })

  it('is remembered for later purchases, and skips deleted ones', async () => {
    await apply(event('customer.deleted', 2, aCustomer('cus_1', 'c@example.com')))
    expect(await licenses()).toEqual([])
    await apply(subscription(0, {}, { buyer: UNNAMED }))
    const { store } = recording
    const withoutPurchases: LicenseStore = {
      ...store,
      readRecords: async (ids, names) => {
        const found = await store.readRecords(ids, names)
        return { ...found, records: found.records.filter(({ id }) => !id.startsWith('sub_')) }
      },
    }
    const moved = customer(4, 'd@example.com')
    expect(await apply(moved, { store: withoutPurchases })).toMatchObject({ effect: 'none' })
  })
})

it('alerts about a license that was ordered for another user', async () => {
  await issued(recording.store, { userId: 'user_other', purchaseKey: 'pi:pi_1' })
  expect(await apply(session())).toMatchObject({ alerts: ['LICENSE_CONFLICT'] })
})

describe('the Stripe API', () => {
  const by = aPricedCatalog((name) => [`price_${name}`])
  async function startApi() {
    server = await aStripeApi(NOW + 3 * DAY * 1000)
    return { server, api: createStripeApi(aSecret('rk_test_1'), server.url) }
  }
  const LINE_ITEMS = '/v1/checkout/sessions/cs_1/line_items'
  const SUBSCRIPTION = '/v1/subscriptions/sub_1'
  const bought = { object: 'list', data: [{ price: { id: 'price_elite' }, quantity: 2 }] }
  const tie = () => [subscription(1, { cancel_at_period_end: true }), subscription(1)] as const

  it('returns the line items of a checkout, whose price decides the tier', async () => {
    const { server, api } = await startApi()
    server.responses.set(LINE_ITEMS, bought)
    const buyer = aBuyer({ userId: 'user_123', tier: 'lifetime' })
    expect(await apply(session({}, buyer), { api, by })).toMatchObject({
      effect: 'issued',
      alerts: ['TIER_MISMATCH'],
    })
    expect(await licenses()).toMatchObject([{ tier: 'elite', seats: 2 }])
    await apply(charge('pi_1', 100), { api, by })
    expect(server.requests).toEqual([LINE_ITEMS])
  })

  it('fails the event while it is down, so that Stripe sends it again', async () => {
    const { server, api } = await startApi()
    server.state = 'down'
    const one = session()
    await expect(apply(one, { api, by })).rejects.toThrow('Stripe is unavailable')
    expect(recording.batches).toEqual([])
    server.state = 'up'
    server.responses.set(LINE_ITEMS, bought)
    expect(await apply(one, { api, by })).toMatchObject({ effect: 'issued' })
  })

  it.each(['is not configured', 'refuses'])(
    'leaves the purchase unmatched if it %s, until the event is sent again',
    async (how) => {
      const { server, api } = await startApi()
      const first = how === 'refuses' ? { api, by } : { by }
      const one = session({}, aBuyer({ userId: 'user_123', tier: 'elite' }))
      const unmatched = { effect: 'none', alerts: ['PRICE_MISSING', 'LINE_ITEMS_MISSING'] }
      expect(await apply(one, first)).toMatchObject(unmatched)
      expect(await apply(one, first)).toMatchObject(unmatched)
      server.responses.set(LINE_ITEMS, bought)
      expect(await apply(one, { api, by })).toMatchObject({ effect: 'issued' })
      expect(await apply(one, { api, by })).toEqual({ repeated: true })
      expect(await licenses()).toMatchObject([{ tier: 'elite' }])
    },
  )

  it('is not needed again once the catalog has the price', async () => {
    const { api, server } = await startApi()
    server.responses.set(LINE_ITEMS, { ...bought, data: [{ price: 'price_new', quantity: 1 }] })
    const one = session()
    expect(await apply(one, { api, by })).toMatchObject({ alerts: ['PRICE_UNKNOWN'] })
    const { pro } = catalog.tiers
    if (!pro) throw new Error('There is no tier pro')
    const tiers = { ...by.tiers, pro: { ...pro, stripePriceIds: ['price_new'] } }
    const issued = { effect: 'issued', alerts: [] }
    expect(await apply(one, { by: { ...by, tiers } })).toMatchObject(issued)
  })

  it('breaks a tie of two states in one second', async () => {
    const { server, api } = await startApi()
    const current = aSubscription('sub_1', BUYER, PRO, MONTH, VERSION, { cancel_at: MONTH.end })
    server.responses.set(SUBSCRIPTION, current as object)
    for (const one of tie()) expect(await apply(one, { api })).toMatchObject({ alerts: [] })
    expect(await licenses()).toMatchObject([{ facts: { billing: { cancelAt: MONTH.end * 1000 } } }])
    expect(server.requests).toHaveLength(1)
  })

  it('is called again if its response is from the second of the tie', async () => {
    const { server, api } = await startApi()
    server.time = NOW + DAY * 1000
    server.responses.set(SUBSCRIPTION, aSubscription('sub_1', BUYER, PRO, MONTH, VERSION) as object)
    for (const one of tie()) await apply(one, { api })
    expect(server.requests).toHaveLength(2)
  })

  it('returns the lines of an invoice that an event truncates', async () => {
    const { server, api } = await startApi()
    const change = { ...PRO, period: MONTH, amount: 100, proration: true }
    const renewal = { ...PRO, period: NEXT, amount: 2900 }
    const withLines = (...lines: readonly Line[]) =>
      anInvoice('in_2', 'sub_1', BUYER, lines, MONTH.end, VERSION, { status: 'paid' }) as {
        lines: object
      }
    const few = withLines(change, change)
    const truncated = { ...few, lines: { ...few.lines, has_more: true } }
    const one = event('invoice.paid', 30, truncated)
    await apply(subscription(0))
    expect(await apply(one)).toMatchObject({ alerts: ['INVOICE_LINES_MISSING'] })
    server.responses.set('/v1/invoices/in_2/lines', withLines(change, change, renewal).lines)
    expect(await apply(one, { api })).toMatchObject({ effect: 'changed', alerts: [] })
    expect(await licenses()).toMatchObject([
      { facts: { billing: { status: 'paid', paidUntil: NEXT.end * 1000 } } },
    ])
    // A later truncated event removes nothing.
    const later = event('invoice.payment_succeeded', 31, truncated)
    expect(await apply(later, { api })).toMatchObject({ effect: 'none', alerts: [] })
    expect(server.requests).toEqual(['/v1/invoices/in_2/lines'])
  })

  it.each(['down', 'unknown', 'odd', 'without a key'])(
    'leaves a tie to the same state in any order while it is %s, until the next state',
    async (how) => {
      const { server, api } = await startApi()
      server.state = how === 'down' ? 'down' : 'up'
      if (how === 'odd') server.responses.set(SUBSCRIPTION, { id: 'sub_1', status: 'x' })
      const options = how === 'without a key' ? {} : { api }
      const [first, second] = tie()
      await apply(first, options)
      expect(await apply(second, options)).toMatchObject({ alerts: ['SUBSCRIPTION_UNSETTLED'] })
      const [guess] = await licenses()
      recording = aRecordingStore()
      await apply(second, options)
      await apply(first, options)
      expect((await licenses())[0]?.facts).toEqual(guess?.facts)
      await apply(subscription(2, { cancel_at: MONTH.end }), options)
      expect((await licenses())[0]?.facts.billing.cancelAt).toBe(MONTH.end * 1000)
    },
  )
})

describe('an ignored event', () => {
  const HOSTILE = { toString: 1, valueOf: 1 }
  it.each<[reason: string, type: string, object: object]>([
    ['type', 'payment_method.attached', { id: 'pm_1' }],
    ['type', 'invoice.upcoming', {}],
    ['type', 'constructor', { id: 'x_1' }],
    ['no id', 'invoice.paid', { object: 'invoice' }],
    ['no subscription', 'invoice.paid', { id: 'in_1', status: 'paid', lines: { data: [] } }],
    ['no payment', 'invoice_payment.paid', { id: 'ip_1', invoice: 'in_1', payment: { type: 'x' } }],
    ['mode setup', 'checkout.session.completed', { id: 'cs_1', mode: 'setup' }],
    [
      'payment_status odd',
      'checkout.session.completed',
      { id: 'cs_1', mode: 'payment', payment_status: 'odd' },
    ],
    ['status odd', 'customer.subscription.updated', { id: 'sub_1', status: 'odd' }],
    ['status odd', 'refund.updated', { id: 're_1', status: 'odd' }],
    ['status odd', 'charge.dispute.updated', { id: 'du_1', status: 'odd' }],
    ['status 7', 'charge.dispute.updated', { id: 'du_1', status: 7 }],
    ['status unseen', 'invoice.paid', { id: 'in_1', subscription: 'sub_1', status: 'unseen' }],
    ['status (object)', 'refund.updated', { id: 're_1', status: HOSTILE }],
    ['status (object)', 'charge.dispute.created', { id: 'du_1', charge: 'ch_1', status: HOSTILE }],
    ['status (object)', 'invoice.paid', { id: 'in_1', subscription: 'sub_1', status: HOSTILE }],
    ['status (object)', 'customer.subscription.updated', { id: 'sub_1', status: HOSTILE }],
    ['mode (object)', 'checkout.session.completed', { id: 'cs_1', mode: HOSTILE }],
    [
      'payment_status (object)',
      'checkout.session.completed',
      { id: 'cs_1', mode: 'payment', payment_status: HOSTILE },
    ],
  ])('has the reason %s for %s with %j, and changes nothing', async (reason, type, object) => {
    expect(await apply(event(type, 0, object))).toEqual({ ignored: reason })
    expect(recording.batches).toEqual([])
  })
})

describe('an event of an unusual shape', () => {
  it.each<[string, object]>([
    ['no time', { ...session(), created: undefined }],
    ['metadata that are a list', session({ metadata: [] })],
    ['metadata that are null', session({ metadata: null })],
    ['an object for an id', session({ payment_intent: { id: 'pi_1', object: 'payment_intent' } })],
    ['invalid ids', session({ customer: 'no id!', subscription: 7 })],
    ['an amount that is a string', session({ amount_total: '29.00' })],
    [
      'a line amount that is an object',
      event('invoice.paid', 0, {
        id: 'in_1',
        subscription: 'sub_1',
        status: 'paid',
        lines: { data: [{ subscription: 'sub_1', amount: { toString: 1, valueOf: 1 } }] },
      }),
    ],
  ])('with %s is applied', async (_, one) => {
    expect(await apply(one as StripeEvent)).toHaveProperty('effect')
  })

  it('has its effect although it uses the id of a charge for a subscription', async () => {
    await apply(event('charge.refunded', 0, { ...aCharge('pi_0', 0, null), id: 'odd' }))
    const one = session({ mode: 'subscription', subscription: 'odd' })
    expect(await apply(one)).toMatchObject({ effect: 'issued' })
    expect(await apply(one)).toEqual({ repeated: true })
  })

  it('from before prices and typed lines is read', async () => {
    const line = {
      id: 'sub_old',
      amount: 2900,
      period: { start: START, end: MONTH.end },
      plan: { id: 'plan_pro' },
    }
    const old = { id: 'in_old', paid: true, customer: 'cus_1', lines: { data: [line] } }
    await apply(event('invoice.payment_succeeded', 0, old))
    const plan = {
      id: 'sub_old',
      status: 'active',
      plan: { id: 'plan_pro' },
      quantity: 4,
      current_period_end: MONTH.end,
      current_period_start: START,
      metadata: { tier: 'pro', userId: 'user_old' },
    }
    await apply(event('customer.subscription.updated', 0, plan))
    const billing = { status: 'paid', paidUntil: MONTH.end * 1000 }
    expect(await licenses()).toMatchObject([{ userId: 'user_old', seats: 4, facts: { billing } }])
  })
})
