import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { catalog } from '../../../../lib/catalog/catalog.ts'
import type { Catalog } from '../../../../lib/catalog/schema.ts'
import {
  type Batch,
  evaluate,
  type License,
  type LicenseStore,
  StoreUnavailable,
} from '../../../../lib/license/index.ts'
import { createStripeApi, type StripeApi } from '../../../../lib/stripe/api.ts'
import { applyEvent } from '../../../../lib/stripe/applyEvent.ts'
import {
  aCharge,
  aCustomer,
  anEvent,
  anInvoice,
  aSession,
  aSubscription,
  type Line,
  type StripeEvent,
} from '../../../../scripts/stripe/objects.ts'
import { SCENARIOS } from '../../../../scripts/stripe/scenarios.ts'
import { aSecret, issued, NOW, someKeys } from '../../../support/licenses.ts'
import { createMemoryStore } from '../../../support/memoryStore.ts'
import { ENDS, eventsOf } from '../../../support/stories.ts'
import { aStripeApi, type LocalStripeApi } from '../../../support/stripeApi.ts'

const keys = someKeys()
const START = NOW / 1000
const DAY = 24 * 60 * 60
const VERSION = '2026-10-28.endive'
const MONTH = { start: START, end: START + 30 * DAY }
const PRO = { price: 'price_pro', quantity: 1 }
const BUYER = { customer: 'cus_1', email: 'buyer@example.com', metadata: { tier: 'pro' } }
const KNOWN = { ...BUYER, metadata: { userId: 'user_123', tier: 'pro' } }

let store: LicenseStore
let batches: Batch[]
let server: LocalStripeApi | undefined
beforeEach(() => {
  batches = []
  store = keeping(createMemoryStore())
})
afterEach(async () => {
  await server?.stop()
  server = undefined
})

/** A store whose batches are kept. */
function keeping(memory: LicenseStore): LicenseStore {
  return {
    ...memory,
    async commit(batch) {
      const outcome = await memory.commit(batch)
      if (outcome.status === 'written') batches.push(batch)
      return outcome
    },
  }
}

let count = 0
const event = (type: string, day: number, object: object, id?: string): StripeEvent =>
  anEvent(
    id ?? `evt_${++count}`,
    type,
    START + day * DAY,
    object as Record<string, unknown>,
    VERSION,
  )

interface By {
  readonly on?: LicenseStore
  readonly api?: StripeApi
  readonly by?: Catalog
  readonly now?: number
}

const apply = (told: StripeEvent, { on = store, api, by = catalog, now = NOW }: By = {}) =>
  applyEvent(
    { store: on, keys, catalog: by, ...(api && { api }), now, requestId: 'request_1' },
    told as unknown as Stripe.Event,
  )

/** The licenses that there are, as they are now. */
async function licenses(): Promise<License[]> {
  const ids = batches.flatMap(({ license }) =>
    license && 'issued' in license ? license.issued.id : [],
  )
  const found = await Promise.all(ids.map((id) => store.find(id)))
  return found.filter((license) => license !== undefined)
}

const subscription = (
  day: number,
  fields: object = {},
  buyer: typeof BUYER = BUYER,
  id = 'sub_1',
) =>
  event(
    'customer.subscription.updated',
    day,
    aSubscription(id, buyer, PRO, MONTH, VERSION, { ...fields }),
  )
const session = (fields: object = {}, buyer: typeof BUYER = BUYER) =>
  event(
    'checkout.session.completed',
    0,
    aSession('cs_1', buyer, { payment_intent: 'pi_1', ...fields }),
  )

describe('an event that is stopped anywhere and started again', () => {
  /** A store that fails at one call: before it did anything, or after. */
  function failing(inner: LicenseStore, call: number, when: 'before' | 'after') {
    let calls = 0
    const once =
      <Args extends unknown[], Answer>(method: (...args: Args) => Promise<Answer>) =>
      async (...args: Args): Promise<Answer> => {
        const fails = ++calls === call
        if (fails && when === 'before') throw new StoreUnavailable('stopped')
        const answer = await method(...args)
        if (fails) throw new StoreUnavailable('stopped')
        return answer
      }
    const broken: LicenseStore = {
      ...inner,
      find: once(inner.find),
      commit: once(inner.commit),
      claim: once(inner.claim),
      readRecords: once(inner.readRecords),
    }
    return { store: broken, calls: () => calls }
  }

  const seen = async () =>
    (await licenses()).map(({ id: _, version: __, origin: ___, ...license }) => license)

  it.each(SCENARIOS)('leaves %s as if it had not been', async (story) => {
    const events = eventsOf(story, 'hybrid')
    for (const told of events) await apply(told)
    const whole = await seen()
    let stops = 0
    for (const when of ['before', 'after'] as const) {
      for (const [index] of events.entries()) {
        for (let call = 1, stopped = true; stopped; call++) {
          batches = []
          store = keeping(createMemoryStore())
          stopped = false
          for (const [place, told] of events.entries()) {
            if (place !== index) {
              await apply(told)
              continue
            }
            const broken = failing(store, call, when)
            await apply(told, { on: broken.store }).catch(() => {
              stopped = true
              stops++
            })
            if (stopped) await apply(told)
          }
          expect(await seen()).toEqual(whole)
        }
      }
    }
    expect(stops).toBeGreaterThanOrEqual(events.length * 4)
  })
})

describe('the same event', () => {
  it('has its effect once, also from two places at the same moment', async () => {
    const told = session({}, KNOWN)
    const applied = await Promise.all([apply(told), apply(told), apply(told)])
    expect(applied.filter((one) => 'repeated' in one)).toHaveLength(2)
    expect(await apply(told)).toEqual({ repeated: true })
    expect(await licenses()).toHaveLength(1)
    expect(batches).toHaveLength(1)
  })

  it('is tried again against others, and is unavailable when they never cease', async () => {
    const busy = { ...store, commit: async () => ({ status: 'stale' }) as const }
    await expect(apply(session(), { on: busy })).rejects.toThrow(StoreUnavailable)
  })
})

describe('what belongs together', () => {
  it('is joined when an event says so, whatever was told of its parts before', async () => {
    const [told] = eventsOf('one-time', 'hybrid')
    expect(told).toBeDefined()
    await apply(event('charge.refunded', 1, aCharge('pi_1', 2900, null)))
    expect(await licenses()).toEqual([])
    await apply(session({}, KNOWN))
    expect(await licenses()).toMatchObject([{ facts: { risk: 'refunded' } }])
  })

  it('finds a subscription through the charge of one of its invoices', async () => {
    const all = eventsOf('dispute-lost', '2020-08-27')
    const disputes = all.filter(({ type }) => type.startsWith('charge.dispute'))
    const others = all.filter(({ type }) => !type.startsWith('charge.dispute'))
    for (const told of [...disputes, ...others]) await apply(told)
    expect(await licenses()).toMatchObject([{ facts: { risk: 'lost' } }])
  })

  it('is never two subscriptions', async () => {
    await apply(subscription(0, {}, KNOWN))
    await apply(subscription(0, {}, KNOWN, 'sub_2'))
    await apply(
      event('invoice_payment.paid', 0, {
        id: 'ip_1',
        invoice: 'in_1',
        payment: { payment_intent: 'pi_x' },
      }),
    )
    const shared = (id: string) =>
      event(
        'checkout.session.completed',
        1,
        aSession('cs_x', KNOWN, { mode: 'subscription', subscription: id }),
      )
    await apply(shared('sub_1'))
    await apply(shared('sub_2'))
    expect(await licenses()).toHaveLength(2)
    await apply(subscription(3, { status: 'canceled', ended_at: START + 3 * DAY }, KNOWN, 'sub_2'))
    const states = (await licenses()).map(({ facts }) => evaluate(facts, NOW).state)
    expect(states.toSorted()).toEqual(['active', 'expired'])
  })
})

describe('a buyer whom no event names', () => {
  it('gets a license that nobody has claimed, which is linked when a later event says who', async () => {
    await apply(subscription(0))
    expect(await licenses()).toMatchObject([{ userId: null, origin: { subject: 'sub:sub_1' } }])
    await apply(subscription(1, {}, KNOWN))
    expect(await licenses()).toMatchObject([
      { userId: 'user_123', origin: { subject: 'sub:sub_1' }, version: 2 },
    ])
  })

  it('is known by the customer, whenever the customer is', async () => {
    const customer = event(
      'customer.updated',
      2,
      aCustomer('cus_1', 'c@example.com', { userId: 'user_c' }),
    )
    await apply(subscription(0))
    await apply(session({ customer: 'cus_1' }))
    await apply(customer)
    await apply(subscription(3, {}, BUYER, 'sub_3'))
    const all = await licenses()
    expect(all).toHaveLength(3)
    for (const license of all) {
      expect(license).toMatchObject({ userId: 'user_c', userEmail: 'c@example.com' })
    }
  })

  it('is said to have changed what it changed', async () => {
    await apply(subscription(0, {}, KNOWN))
    const moved = event('customer.updated', 2, aCustomer('cus_1', 'moved@example.com'))
    expect(await apply(moved)).toEqual({ effect: 'changed', alerts: [] })
    const same = event('customer.updated', 3, aCustomer('cus_1', 'moved@example.com'))
    expect(await apply(same)).toMatchObject({ effect: 'none' })
  })

  it('is known by another purchase of the same customer', async () => {
    await apply(subscription(0))
    await apply(session({ customer: 'cus_1' }, KNOWN))
    expect((await licenses()).map(({ userId }) => userId)).toEqual(['user_123', 'user_123'])
  })

  it('is told to all purchases also when it meets other events and is stopped', async () => {
    await apply(subscription(0))
    await apply(subscription(0, {}, BUYER, 'sub_2'))
    const customer = event(
      'customer.updated',
      2,
      aCustomer('cus_1', 'c@example.com', { userId: 'user_c' }),
    )
    let calls = 0
    const once: LicenseStore = {
      ...store,
      commit: async (batch) => (++calls === 2 ? { status: 'stale' } : store.commit(batch)),
    }
    await apply(customer, { on: once })
    expect((await licenses()).map(({ userId }) => userId)).toEqual(['user_c', 'user_c'])
  })

  it('is kept for purchases that are still to come, and forgets those that are gone', async () => {
    await apply(event('customer.deleted', 2, aCustomer('cus_1', 'c@example.com')))
    expect(await licenses()).toEqual([])
    await apply(subscription(0))
    const gone: LicenseStore = {
      ...store,
      readRecords: async (ids, names) => {
        const found = await store.readRecords(ids, names)
        return { ...found, records: found.records.filter(({ id }) => !id.startsWith('sub_')) }
      },
    }
    const moved = event('customer.updated', 4, aCustomer('cus_1', 'd@example.com'))
    expect(await apply(moved, { on: gone })).toMatchObject({ effect: 'none' })
  })
})

describe('a purchase for which the vendor’s server asked first', () => {
  it('is said aloud when it was for somebody else', async () => {
    await issued(store, { userId: 'user_other', purchaseKey: 'pi:pi_1' })
    expect(await apply(session({}, KNOWN))).toMatchObject({ alerts: ['LICENSE_CONFLICT'] })
  })
})

describe('what only Stripe can say', () => {
  const withPrices: Catalog = {
    ...catalog,
    tiers: Object.fromEntries(
      Object.entries(catalog.tiers).map(([name, tier]) => [
        name,
        { ...tier, stripePriceIds: [`price_${name}`] },
      ]),
    ),
  }
  async function stripe() {
    server = await aStripeApi(NOW + 3 * DAY * 1000)
    return { server, api: createStripeApi(aSecret('rk_test_1'), server.url) }
  }
  const LINE_ITEMS = '/v1/checkout/sessions/cs_1/line_items'
  const bought = { object: 'list', data: [{ price: { id: 'price_elite' }, quantity: 2 }] }
  const tie = () => [
    subscription(1, { cancel_at_period_end: true }, KNOWN),
    subscription(1, {}, KNOWN),
  ]

  it('is asked for a checkout, whose price decides the tier', async () => {
    const { server, api } = await stripe()
    server.answers.set(LINE_ITEMS, bought)
    const lying = { ...KNOWN, metadata: { userId: 'user_123', tier: 'lifetime' } }
    expect(await apply(session({}, lying), { api, by: withPrices })).toMatchObject({
      effect: 'issued',
      alerts: ['TIER_MISMATCH'],
    })
    expect(await licenses()).toMatchObject([{ tier: 'elite', seats: 2 }])
    await apply(event('charge.refunded', 1, aCharge('pi_1', 100, null)), { api, by: withPrices })
    expect(server.asked).toEqual([LINE_ITEMS])
  })

  it('is waited for while Stripe is down: the event comes again, and nothing was written', async () => {
    const { server, api } = await stripe()
    server.state = 'down'
    const told = session({}, KNOWN)
    await expect(apply(told, { api, by: withPrices })).rejects.toThrow('Stripe is unavailable')
    expect(batches).toEqual([])
    server.state = 'up'
    server.answers.set(LINE_ITEMS, bought)
    expect(await apply(told, { api, by: withPrices })).toMatchObject({ effect: 'issued' })
  })

  it.each(['without a key for it', 'that refuses'])(
    'keeps the purchase aside with a Stripe %s, until the event is sent again and it can be asked',
    async (how) => {
      const { server, api } = await stripe()
      const asking = how === 'that refuses' ? { api } : {}
      const told = session({}, { ...KNOWN, metadata: { ...KNOWN.metadata, tier: 'elite' } })
      const aside = { effect: 'none', alerts: ['PRICE_MISSING', 'LINE_ITEMS_MISSING'] }
      expect(await apply(told, { ...asking, by: withPrices })).toMatchObject(aside)
      expect(await apply(told, { ...asking, by: withPrices })).toMatchObject(aside)
      server.answers.set(LINE_ITEMS, bought)
      expect(await apply(told, { api, by: withPrices })).toMatchObject({ effect: 'issued' })
      expect(await apply(told, { api, by: withPrices })).toEqual({ repeated: true })
      expect(await licenses()).toMatchObject([{ tier: 'elite' }])
    },
  )

  it('is no longer needed once the catalog knows the price, and the event is sent again', async () => {
    const { api, server } = await stripe()
    server.answers.set(LINE_ITEMS, { ...bought, data: [{ price: 'price_new', quantity: 1 }] })
    const told = session({}, KNOWN)
    expect(await apply(told, { api, by: withPrices })).toMatchObject({ alerts: ['PRICE_UNKNOWN'] })
    const { pro } = catalog.tiers
    if (!pro) throw new Error('There is no tier pro')
    const learned = { pro: { ...pro, stripePriceIds: ['price_new'] } }
    const by = { ...withPrices, tiers: { ...withPrices.tiers, ...learned } }
    expect(await apply(told, { by })).toMatchObject({ effect: 'issued', alerts: [] })
  })

  it('settles two states of one second', async () => {
    const { server, api } = await stripe()
    const now = aSubscription('sub_1', KNOWN, PRO, MONTH, VERSION, { cancel_at: MONTH.end })
    server.answers.set('/v1/subscriptions/sub_1', now as object)
    for (const told of tie()) expect(await apply(told, { api })).toMatchObject({ alerts: [] })
    expect(await licenses()).toMatchObject([{ facts: { billing: { cancelAt: MONTH.end * 1000 } } }])
    expect(server.asked).toHaveLength(1)
  })

  it('is asked again when it answers of the very second in doubt', async () => {
    const { server, api } = await stripe()
    server.time = NOW + DAY * 1000
    server.answers.set(
      '/v1/subscriptions/sub_1',
      aSubscription('sub_1', KNOWN, PRO, MONTH, VERSION) as object,
    )
    for (const told of tie()) await apply(told, { api })
    expect(server.asked).toHaveLength(2)
  })

  it('is asked for the lines of an invoice that an event holds too few of', async () => {
    const { server, api } = await stripe()
    const next = { start: MONTH.end, end: MONTH.end + 30 * DAY }
    const change = { ...PRO, period: MONTH, amount: 100, proration: true }
    const renewal = { ...PRO, period: next, amount: 2900 }
    const invoice = (lines: readonly Line[]) =>
      anInvoice('in_2', 'sub_1', KNOWN, lines, MONTH.end, VERSION, { status: 'paid' })
    const few = invoice([change, change]) as { lines: object }
    const told = event('invoice.paid', 30, { ...few, lines: { ...few.lines, has_more: true } })
    await apply(subscription(0, {}, KNOWN))
    expect(await apply(told)).toMatchObject({ alerts: ['INVOICE_LINES_MISSING'] })
    const whole = invoice([change, change, renewal]) as { lines: object }
    server.answers.set('/v1/invoices/in_2/lines', whole.lines)
    expect(await apply(told, { api })).toMatchObject({ effect: 'changed', alerts: [] })
    expect(await licenses()).toMatchObject([
      { facts: { billing: { status: 'paid', paidUntil: next.end * 1000 } } },
    ])
    // What comes later with too few of them again takes nothing away.
    const again = event('invoice.payment_succeeded', 31, {
      ...few,
      lines: { ...few.lines, has_more: true },
    })
    expect(await apply(again)).toMatchObject({ effect: 'none', alerts: [] })
    expect(server.asked).toEqual(['/v1/invoices/in_2/lines'])
  })

  it.each(['down', 'unknown', 'odd', 'without a key'])(
    'leaves the best guess, always the same, while Stripe is %s, and is settled by what comes next',
    async (how) => {
      const { server, api } = await stripe()
      server.state = how === 'down' ? 'down' : 'up'
      if (how === 'odd') server.answers.set('/v1/subscriptions/sub_1', { id: 'sub_1', status: 'x' })
      const asking = how === 'without a key' ? {} : { api }
      const [first, second] = tie()
      if (!first || !second) throw new Error('There is no tie')
      await apply(first, asking)
      expect(await apply(second, asking)).toMatchObject({ alerts: ['SUBSCRIPTION_UNSETTLED'] })
      const [guess] = await licenses()
      store = keeping(createMemoryStore())
      batches = []
      await apply(second, asking)
      await apply(first, asking)
      expect((await licenses())[0]?.facts).toEqual(guess?.facts)
      await apply(subscription(2, { cancel_at: MONTH.end }, KNOWN), asking)
      expect((await licenses())[0]?.facts.billing.cancelAt).toBe(MONTH.end * 1000)
    },
  )
})

describe('an event that says nothing we know', () => {
  it.each([
    ['type', event('payment_method.attached', 0, { id: 'pm_1' })],
    ['no id', event('invoice.paid', 0, { object: 'invoice' })],
    ['type', event('invoice.upcoming', 0, {})],
    [
      'no subscription',
      event('invoice.paid', 0, { id: 'in_1', status: 'paid', lines: { data: [] } }),
    ],
    [
      'no payment',
      event('invoice_payment.paid', 0, { id: 'ip_1', invoice: 'in_1', payment: { type: 'x' } }),
    ],
    ['mode setup', session({ mode: 'setup' })],
    ['payment_status odd', session({ payment_status: 'odd' })],
    ['status odd', subscription(0, { status: 'odd' })],
    ['status odd', event('refund.updated', 0, { id: 're_1', status: 'odd' })],
    ['status odd', event('charge.dispute.updated', 0, { id: 'du_1', status: 'odd' })],
    ['status 7', event('charge.dispute.updated', 0, { id: 'du_1', status: 7 })],
    [
      'status unseen',
      event('invoice.paid', 0, { id: 'in_1', subscription: 'sub_1', status: 'unseen' }),
    ],
    ['type', event('constructor', 0, { id: 'x_1' })],
  ] as [string, StripeEvent][])('%s: changes nothing', async (reason, told) => {
    expect(await apply(told)).toEqual({ ignored: reason })
    expect(batches).toEqual([])
  })
})

describe('an event of an odd shape', () => {
  const HOSTILE = { toString: 1, valueOf: 1 }
  it.each([
    ['refund.updated', { id: 're_1', status: HOSTILE }],
    ['charge.dispute.created', { id: 'du_1', charge: 'ch_1', status: HOSTILE }],
    ['invoice.paid', { id: 'in_1', subscription: 'sub_1', status: HOSTILE }],
    ['customer.subscription.updated', { id: 'sub_1', status: HOSTILE }],
    ['checkout.session.completed', { id: 'cs_1', mode: HOSTILE }],
    ['checkout.session.completed', { id: 'cs_1', mode: 'payment', payment_status: HOSTILE }],
  ])('of the type %s says why it is ignored, whatever it holds: %j', async (type, object) => {
    expect(await apply(event(type, 0, object))).toEqual({
      ignored: expect.stringMatching(/^(status|mode|payment_status) \(object\)$/),
    })
  })

  it('may ask for an amount that is none', async () => {
    const line = { subscription: 'sub_1', amount: HOSTILE }
    const invoice = { id: 'in_1', subscription: 'sub_1', status: 'paid', lines: { data: [line] } }
    expect(await apply(event('invoice.paid', 0, invoice))).toMatchObject({ effect: 'none' })
  })

  it('has its effect also where it calls a subscription what was a charge before', async () => {
    await apply(event('charge.refunded', 0, { ...aCharge('pi_0', 0, null), id: 'odd' }))
    const told = session({ mode: 'subscription', subscription: 'odd' }, KNOWN)
    expect(await apply(told)).toMatchObject({ effect: 'issued' })
    expect(await apply(told)).toEqual({ repeated: true })
  })

  it.each([
    ['no time', { ...session({}, KNOWN), created: undefined }],
    ['metadata that are a list', session({ metadata: [] })],
    ['metadata that are nothing', session({ metadata: null })],
    [
      'objects where ids are expected',
      session({ payment_intent: { id: 'pi_1', object: 'payment_intent' } }, KNOWN),
    ],
    ['an id that cannot be one', session({ customer: 'no id!', subscription: 7 }, KNOWN)],
    ['amounts that are text', session({ amount_total: '29.00' }, KNOWN)],
  ])('with %s is taken for what it says', async (_, told) => {
    expect(await apply(told as StripeEvent)).toHaveProperty('effect')
  })

  it('from before there were prices and lines of their own is read too', async () => {
    const old = {
      id: 'in_old',
      object: 'invoice',
      paid: true,
      customer: 'cus_1',
      lines: {
        data: [
          {
            id: 'sub_old',
            amount: 2900,
            period: { start: START, end: MONTH.end },
            plan: { id: 'plan_pro' },
          },
        ],
      },
    }
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
    expect(await licenses()).toMatchObject([
      {
        userId: 'user_old',
        seats: 4,
        facts: { billing: { status: 'paid', paidUntil: MONTH.end * 1000 } },
      },
    ])
  })
})

it('knows the end of every story', () => {
  expect(Object.keys(ENDS).toSorted()).toEqual(SCENARIOS.toSorted())
})
