/** Events about one buyer, by the day on which they occur. */

import { catalog } from '../../lib/catalog/catalog.ts'
import type { Catalog } from '../../lib/catalog/schema.ts'
import type { Batch, LicenseStore } from '../../lib/license/store.ts'
import {
  aCharge,
  aCustomer,
  aDispute,
  anEvent,
  anInvoice,
  aRefund,
  aSession,
  aSubscription,
  type StripeEvent,
} from '../../scripts/stripe/objects.ts'
import { NOW } from './licenses.ts'
import { createMemoryStore } from './memoryStore.ts'

export const DAY = 24 * 60 * 60
export const START = NOW / 1000
export const VERSION = '2026-10-28.endive'
export const MONTH = { start: START, end: START + 30 * DAY }
export const NEXT = { start: START + 30 * DAY, end: START + 60 * DAY }
export const PRO = { price: 'price_pro', quantity: 1 }

interface Buyer {
  readonly customer: string | null
  readonly email: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A buyer with the given metadata, which may be malformed. */
export const aBuyer = (metadata: unknown): Buyer => ({
  customer: 'cus_1',
  email: 'buyer@example.com',
  metadata: metadata as Buyer['metadata'],
})
export const BUYER = aBuyer({ userId: 'user_123', tier: 'pro' })
export const UNNAMED = aBuyer({ tier: 'pro' })

let count = 0
export const event = (type: string, day: number, object: object): StripeEvent =>
  anEvent(`evt_${++count}`, type, START + day * DAY, { ...object }, VERSION)

export const session = (fields: object = {}, buyer = BUYER, type = 'completed') =>
  event(
    `checkout.session.${type}`,
    0,
    aSession('cs_1', buyer, { payment_intent: 'pi_1', ...fields }),
  )

export const subscriptionCheckout = () =>
  session({ mode: 'subscription', payment_intent: null, subscription: 'sub_1' })

export const subscription = (
  day: number,
  fields: object = {},
  { type = 'updated', period = MONTH, bought = PRO, buyer = BUYER, id = 'sub_1' } = {},
) =>
  event(
    `customer.subscription.${type}`,
    day,
    aSubscription(id, buyer, bought, period, VERSION, { ...fields }),
  )

export const invoice = (
  day: number,
  status: string,
  {
    period = MONTH,
    id = 'in_1',
    type = 'paid',
    bought = PRO,
    proration = false,
    ...fields
  }: {
    period?: { start: number; end: number }
    id?: string
    type?: string
    bought?: { price: string; quantity: number }
    billing_reason?: string
    amount_paid?: number
    proration?: boolean
  } = {},
) =>
  event(
    `invoice.${type}`,
    day,
    anInvoice(id, 'sub_1', BUYER, [{ ...bought, period, proration }], START + day * DAY, VERSION, {
      status,
      ...fields,
    }),
  )

export const charge = (payment: string, amount = 2900, day = 8) =>
  event('charge.refunded', day, aCharge(payment, amount, null))

export const refund = (
  status: string,
  { type = 'updated', id = 're_1', amount = 2900, day = 8 } = {},
) => event(`refund.${type}`, day, aRefund(id, 'pi_1', status, amount))

export const dispute = (status: string, id = 'du_1') =>
  event('charge.dispute.updated', 8, aDispute(id, 'pi_1', status, VERSION))

export const customer = (day: number, email: string, metadata: Record<string, string> = {}) =>
  event('customer.updated', day, aCustomer('cus_1', email, metadata))

/** Returns the catalog with these price ids for each tier. */
export const aPricedCatalog = (pricesOf: (tier: string) => string[]): Catalog => ({
  ...catalog,
  tiers: Object.fromEntries(
    Object.entries(catalog.tiers).map(([name, tier]) => [
      name,
      { ...tier, stripePriceIds: pricesOf(name) },
    ]),
  ),
})

/** A memory store, with the batches that were written to it. */
export function aRecordingStore() {
  const memory = createMemoryStore()
  const batches: Batch[] = []
  const store: LicenseStore = {
    ...memory,
    async commit(batch) {
      const outcome = await memory.commit(batch)
      if (outcome.status === 'written') batches.push(batch)
      return outcome
    },
  }
  /** Returns the licenses that were issued, in their current state. */
  async function licenses() {
    const ids = batches.flatMap(({ license }) =>
      license && 'issued' in license ? license.issued.id : [],
    )
    const found = await Promise.all(ids.map((id) => store.find(id)))
    return found.filter((license) => license !== undefined)
  }
  return { store, batches, licenses }
}
