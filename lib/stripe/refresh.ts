import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog } from '../catalog/schema.ts'
import { Unavailable } from '../license/store.ts'
import type { StripeApi } from './api.ts'
import { type Facts, isOneTime, mergeFacts, NO_FACTS } from './facts.ts'
import { listAt } from './fields.ts'
import { readLines } from './invoice.ts'
import { resolveTier } from './lineItems.ts'
import type { PurchaseRecord } from './purchase.ts'
import { readLineItems } from './session.ts'
import { readSubscription } from './subscription.ts'

/** Stripe did not return the line items of a checkout, without which a paid purchase gets no license. */
class StripeUnavailable extends Unavailable {
  override readonly name = 'StripeUnavailable'
  constructor(cause: unknown) {
    super('Stripe is unavailable', { cause })
  }
}

export interface Refreshed {
  readonly purchase?: PurchaseRecord
  /** The alert for facts that Stripe did not return. The next event of the purchase requests them again. */
  readonly missing?: keyof typeof FETCHERS
}

const FETCHERS = {
  SUBSCRIPTION_UNSETTLED: fetchSubscription,
  LINE_ITEMS_MISSING: fetchLineItems,
  INVOICE_LINES_MISSING: fetchInvoiceLines,
} as const

/**
 * Requests the facts of a purchase that events do not contain. Without them, all but line items have a fallback.
 *
 * @throws StripeUnavailable for the line items of a checkout, which decide the tier
 */
export async function refresh(
  purchase: PurchaseRecord | undefined,
  api: StripeApi | undefined,
  catalog: Catalog,
): Promise<Refreshed> {
  const missing = purchase && findMissing(purchase.facts, catalog)
  if (!missing) return { ...(purchase && { purchase }) }
  const fetched = api && (await FETCHERS[missing](purchase.facts, api))
  return fetched
    ? { purchase: { ...purchase, facts: mergeFacts(purchase.facts, fetched) } }
    : { purchase, missing }
}

/** Returns the facts that decide most about the license, if several are missing. */
export function findMissing(facts: Facts, catalog: Catalog): Refreshed['missing'] {
  if (isOneTime(facts) && resolveTier(facts, catalog).issue === 'PRICE_MISSING') {
    return 'LINE_ITEMS_MISSING'
  }
  if (Object.values(facts.subscriptions)[0]?.tied) return 'SUBSCRIPTION_UNSETTLED'
  const isTruncated = Object.values(facts.invoices).some(({ truncated }) => truncated)
  return isTruncated ? 'INVOICE_LINES_MISSING' : undefined
}

const SECOND_MS = 1000

async function fetchSubscription(facts: Facts, api: StripeApi): Promise<Facts | undefined> {
  const [found] = Object.entries(facts.subscriptions)
  if (!found) return
  const [id, known] = found
  let fetched = await api.subscription(id)
  if (fetched.status === 'fetched' && fetched.at <= known.at) {
    // Stripe's times have a resolution of one second: a response from the second of the tie does not break it.
    await sleep(SECOND_MS)
    fetched = await api.subscription(id)
  }
  if (fetched.status !== 'fetched') return
  const fact = readSubscription(fetched.value, 'fetched', fetched.at)
  return typeof fact === 'string' ? undefined : { ...NO_FACTS, subscriptions: { [id]: fact } }
}

async function fetchLineItems(facts: Facts, api: StripeApi): Promise<Facts | undefined> {
  const [found] = Object.entries(facts.sessions)
  if (!found) return
  const [id, session] = found
  const fetched = await api.lineItems(id)
  if (fetched.status === 'unavailable') throw new StripeUnavailable(fetched.cause)
  if (fetched.status !== 'fetched') return
  const prices = readLineItems(listAt(fetched.value, 'data'))
  return { ...NO_FACTS, sessions: { [id]: { ...session, prices } } }
}

async function fetchInvoiceLines(facts: Facts, api: StripeApi): Promise<Facts | undefined> {
  const [found] = Object.entries(facts.invoices).filter(([, { truncated }]) => truncated)
  if (!found) return
  const [id, invoice] = found
  const fetched = await api.invoiceLines(id)
  if (fetched.status !== 'fetched') return
  const lines = readLines(listAt(fetched.value, 'data'), invoice.reason, false)
  return { ...NO_FACTS, invoices: { [id]: { ...invoice, ...lines } } }
}
