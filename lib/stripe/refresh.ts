import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog } from '../catalog/schema.ts'
import { Unavailable } from '../license/index.ts'
import type { StripeApi } from './api.ts'
import { derive } from './derive.ts'
import { type Facts, mergeFacts, NO_FACTS } from './facts.ts'
import { listAt } from './fields.ts'
import { readLines } from './invoice.ts'
import type { PurchaseRecord } from './purchase.ts'
import { readLineItems } from './session.ts'
import { readSubscription } from './subscription.ts'

/** Stripe did not answer, and without its answer a purchase that was paid would lead to nothing. */
class StripeUnavailable extends Unavailable {
  override readonly name = 'StripeUnavailable'
  constructor(cause: unknown) {
    super('Stripe is unavailable', { cause })
  }
}

export interface Refreshed {
  readonly dossier: PurchaseRecord
  /** What could not be had of Stripe. The next event about the purchase asks again. */
  readonly failed?: 'SUBSCRIPTION_UNSETTLED' | 'LINE_ITEMS_MISSING' | 'INVOICE_LINES_MISSING'
}

/** What is asked of Stripe for what is lacking, and what it means when there is no answer. */
const QUESTIONS = {
  subscription: { ask: fetchSubscription, failed: 'SUBSCRIPTION_UNSETTLED' },
  lineItems: { ask: fetchLineItems, failed: 'LINE_ITEMS_MISSING' },
  invoiceLines: { ask: fetchInvoiceLines, failed: 'INVOICE_LINES_MISSING' },
} as const

/**
 * Asks Stripe for what only Stripe can say of a purchase. What is unsettled keeps its best guess when Stripe cannot be
 * asked.
 *
 * @throws StripeUnavailable for the line items of a checkout, which decide what was sold.
 */
export async function refresh(
  dossier: PurchaseRecord,
  api: StripeApi | undefined,
  catalog: Catalog,
): Promise<Refreshed> {
  const { lacks } = derive(dossier.facts, dossier.customer, catalog)
  if (!lacks) return { dossier }
  const { ask, failed } = QUESTIONS[lacks]
  const known = api && (await ask(dossier.facts, api))
  return known
    ? { dossier: { ...dossier, facts: mergeFacts(dossier.facts, known) } }
    : { dossier, failed }
}

const SECOND_MS = 1000

async function fetchSubscription(facts: Facts, api: StripeApi): Promise<Facts | undefined> {
  const [found] = Object.entries(facts.subscriptions)
  if (!found) return
  const [id, known] = found
  let fetched = await api.subscription(id)
  if (fetched.status === 'fetched' && fetched.at <= known.at) {
    // An answer of the very second in doubt settles nothing.
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
