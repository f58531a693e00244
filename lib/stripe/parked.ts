import type { LicenseStore, ProviderRecord } from '../license/index.ts'
import { emailOf, payerOf, userOf } from './derive.ts'
import { dossierIn } from './dossier.ts'

/** A purchase that somebody paid for and nobody can say what. */
export interface Parked {
  /** The id of the payment, Checkout session or subscription that names it, by which its license is issued. */
  readonly purchase: string
  readonly alerts: readonly string[]
  /** Since when, in milliseconds since the epoch. */
  readonly at: number
  readonly customerId: string | null
  readonly subscriptionId: string | null
  readonly paymentIntentId: string | null
  readonly userId: string | null
  readonly userEmail: string | null
}

/**
 * The purchases that are kept aside for a person, newest first.
 *
 * @throws StoreUnavailable
 */
export async function listParked(
  store: Pick<LicenseStore, 'waiting'>,
  limit: number,
  after?: { readonly id: string; readonly since: number },
): Promise<readonly Parked[]> {
  return (await store.waiting(limit, after)).flatMap((record) => parkedIn(record) ?? [])
}

function parkedIn(record: ProviderRecord): Parked | undefined {
  const dossier = dossierIn(record)
  if (!dossier || record.waitingSince === undefined) return
  const { id, kind, facts, customer, alerts } = dossier
  const { customerId, subscriptionId } = payerOf(facts)
  const [paid = null] = Object.values(facts.sessions).flatMap(
    (session) => session.paymentIntentId ?? [],
  )
  return {
    purchase: id,
    alerts,
    at: record.waitingSince,
    customerId: customerId ?? dossier.customerId,
    subscriptionId,
    paymentIntentId: kind === 'pi' ? id : paid,
    userId: userOf(facts, customer),
    userEmail: emailOf(facts, customer),
  }
}
