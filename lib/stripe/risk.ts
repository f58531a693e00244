import type { Entitlement } from '../license/index.ts'
import { disputeRisk } from './charge.ts'
import type { Facts } from './facts.ts'
import type { InvoiceFact } from './invoice.ts'

/**
 * Derives the risk from disputes and refunds. A dispute of any payment counts. A refund counts only if it returns all
 * that was paid for the one-time payment, or for the invoices of the newest period.
 */
export function toRisk(facts: Facts): Entitlement['risk'] {
  const disputes = Object.values(facts.disputes).map(disputeRisk)
  if (disputes.includes('lost')) return 'lost'
  if (isRefunded(facts)) return 'refunded'
  return disputes.includes('open') ? 'disputed' : 'clear'
}

function isRefunded(facts: Facts): boolean {
  const invoices = Object.values(facts.invoices).filter(
    ({ status, servedUntil, amountPaid }) =>
      status === 'paid' && servedUntil !== null && amountPaid > 0,
  )
  if (Object.keys(facts.subscriptions).length > 0 || invoices.length > 0) {
    const current = selectFunding(selectNewest(facts, invoices))
    return (
      current.length > 0 &&
      current.every(({ amountPaid, payments }) => sumRefunded(facts, payments) >= amountPaid)
    )
  }
  const charged = Object.values(facts.charges).reduce((sum, { amount }) => sum + amount, 0)
  const sold = Math.max(0, ...Object.values(facts.sessions).map(({ amount }) => amount ?? 0))
  const due = charged || sold
  return due > 0 && sumRefunded(facts) >= due
}

/** Selects the invoices that pay for a whole period, or else the largest: a refunded change within a period funds none. */
function selectFunding(invoices: readonly InvoiceFact[]): readonly InvoiceFact[] {
  const renewing = invoices.filter(({ renews }) => renews)
  if (renewing.length > 0) return renewing
  const most = Math.max(...invoices.map(({ amountPaid }) => amountPaid))
  return invoices.filter(({ amountPaid }) => amountPaid === most)
}

/** Selects the invoices of the current period of the subscription, or of the last paid one. */
function selectNewest(facts: Facts, paid: readonly InvoiceFact[]): readonly InvoiceFact[] {
  const ends = Object.values(facts.subscriptions).flatMap(({ now }) =>
    now.items.map(({ periodEnd }) => periodEnd),
  )
  const current = paid.filter(({ servedUntil }) => ends.includes(servedUntil))
  if (current.length > 0) return current
  const last = Math.max(...paid.map(({ servedUntil }) => servedUntil ?? 0))
  return paid.filter(({ servedUntil }) => servedUntil === last)
}

/** Sums the refunds of the given payments, or of all. Only succeeded refunds count. */
function sumRefunded({ charges, refunds }: Facts, payments?: readonly string[]): number {
  const counts = (chargeId: string | null, paymentIntentId: string | null) =>
    !payments || [chargeId, paymentIntentId].some((id) => id !== null && payments.includes(id))
  const all = Object.values(refunds)
  const sum = (of: typeof all) => of.reduce((total, { amount }) => total + amount, 0)

  const byCharge = Object.entries(charges)
    .filter(([id, { paymentIntentId }]) => counts(id, paymentIntentId))
    .map(([id, charge]) => {
      const own = all.filter(({ chargeId }) => chargeId === id)
      const done = own.filter(({ status }) => status === 'succeeded')
      const undone = own.filter(({ status }) => status !== 'succeeded')
      return Math.max(sum(done), charge.refunded - sum(undone))
    })
  const others = all.filter(
    ({ status, chargeId, paymentIntentId }) =>
      status === 'succeeded' &&
      !(chargeId !== null && Object.hasOwn(charges, chargeId)) &&
      counts(chargeId, paymentIntentId),
  )
  return byCharge.reduce((total, amount) => total + amount, 0) + sum(others)
}
