import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog } from '../catalog/schema.ts'
import {
  type IssueContext,
  type Issued,
  type IssueRequest,
  issueLicense,
  type LicenseStore,
  type Result,
  StoreUnavailable,
} from '../license/index.ts'
import { derive } from './derive.ts'
import { loadPurchases, purchaseKey, toReference } from './loadPurchases.ts'
import { toRecord } from './purchase.ts'

/** How often an order that met an event about its purchase starts again. */
const TRIES = 10
const PAUSE_MS = 50

/**
 * Issues the license of an order for a payment, once for the purchase that the payment belongs to, whoever told of it
 * first: the vendor's server or Stripe. What Stripe told before, a refund say, counts from the beginning.
 *
 * @param paymentId of a payment, a Checkout session or a subscription; null for an order without a payment
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function issueForPayment(
  context: IssueContext,
  catalog: Catalog,
  order: IssueRequest,
  paymentId: string | null,
): Promise<Result<Issued, 'CONFLICT'>> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const purchase = paymentId === null ? {} : await look(context.store, catalog, paymentId)
    const issued = await issueLicense(context, { ...order, ...purchase })
    if (issued.ok || issued.error !== 'STALE') return issued as Result<Issued, 'CONFLICT'>
    await sleep(Math.random() * PAUSE_MS * attempt)
  }
  throw new StoreUnavailable(new Error('Others keep writing about the same purchase'))
}

async function look(
  store: LicenseStore,
  catalog: Catalog,
  id: string,
): Promise<Pick<IssueRequest, 'purchaseKey' | 'subscriptionId' | 'told'>> {
  const { dossiers } = await loadPurchases(store, [id], [])
  const [dossier] = dossiers
  const reference = toReference(id)
  const subscription = reference.kind === 'sub' && { subscriptionId: id }
  if (!dossier) {
    return { ...subscription, purchaseKey: purchaseKey(reference), told: { absent: [id] } }
  }
  const { risk } = derive(dossier.facts, dossier.customer, catalog)
  return {
    ...subscription,
    purchaseKey: purchaseKey(dossier),
    told: {
      ...(dossier.held && { held: dossier.held }),
      risk,
      records: (held) => [toRecord(dossier, held)],
    },
  }
}
