import { countAt, describeValue, idAt, userAt, valueAt } from './fields.ts'
import { greater } from './merge.ts'

/** A payment. Amounts are in the smallest unit of its currency. */
export interface ChargeFact {
  readonly amount: number
  readonly refunded: number
  readonly paymentIntentId: string | null
  readonly userId: string | null
}

export function readCharge(charge: unknown): ChargeFact {
  const amount = countAt(charge, 'amount') ?? 0
  const captured = countAt(charge, 'amount_captured') ?? amount
  return {
    amount: captured,
    // Stripe counts the part of an authorization that was never captured as refunded.
    refunded: Math.max(0, (countAt(charge, 'amount_refunded') ?? 0) - (amount - captured)),
    paymentIntentId: idAt(charge, 'payment_intent'),
    userId: userAt(charge, 'metadata', 'userId'),
  }
}

/** The refunded amount never falls: a failed refund has its own event. */
export const mergeCharges = (a: ChargeFact, b: ChargeFact): ChargeFact =>
  greater(a, b, ({ refunded, amount }) => [refunded, amount])

/** In the order in which they occur: even a succeeded refund can fail later. */
const REFUNDS = ['requires_action', 'pending', 'succeeded', 'canceled', 'failed'] as const

export interface RefundFact {
  readonly status: (typeof REFUNDS)[number]
  readonly amount: number
  readonly chargeId: string | null
  readonly paymentIntentId: string | null
}

export function readRefund(refund: unknown, type: string): RefundFact | string {
  const value = type === 'refund.failed' ? 'failed' : valueAt(refund, 'status')
  const status = REFUNDS.find((known) => known === value)
  if (!status) return `status ${describeValue(value)}`
  return {
    status,
    amount: countAt(refund, 'amount') ?? 0,
    chargeId: idAt(refund, 'charge'),
    paymentIntentId: idAt(refund, 'payment_intent'),
  }
}

export const mergeRefunds = (a: RefundFact, b: RefundFact): RefundFact =>
  greater(a, b, ({ status }) => [REFUNDS.indexOf(status)])

/**
 * Dispute statuses in the order in which they occur, with the risk of each. An inquiry (`warning_…`) moves no money. A
 * lost dispute can still be won, and then stays won.
 */
const DISPUTES = {
  warning_needs_response: 'clear',
  warning_under_review: 'clear',
  needs_response: 'open',
  under_review: 'open',
  appeal_needs_response: 'open',
  appeal_under_review: 'open',
  warning_closed: 'clear',
  prevented: 'clear',
  // The refund counts by itself.
  charge_refunded: 'clear',
  lost: 'lost',
  won: 'clear',
} as const
type DisputeStatus = keyof typeof DISPUTES
const DISPUTE_ORDER = Object.keys(DISPUTES)

export interface DisputeFact {
  readonly status: DisputeStatus
}

export function readDispute(dispute: unknown): DisputeFact | string {
  const value = valueAt(dispute, 'status')
  return typeof value === 'string' && Object.hasOwn(DISPUTES, value)
    ? { status: value as DisputeStatus }
    : `status ${describeValue(value)}`
}

export const mergeDisputes = (a: DisputeFact, b: DisputeFact): DisputeFact =>
  greater(a, b, ({ status }) => [DISPUTE_ORDER.indexOf(status)])

export const disputeRisk = ({ status }: DisputeFact) => DISPUTES[status]
