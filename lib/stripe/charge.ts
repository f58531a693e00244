import { countAt, describeValue, idAt, userAt, valueAt } from './fields.ts'
import { greater } from './merge.ts'

/** A payment by card or otherwise. Amounts are in the smallest unit of its currency. */
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
    // What was authorized and never taken counts as given back at Stripe, and was nobody's money.
    refunded: Math.max(0, (countAt(charge, 'amount_refunded') ?? 0) - (amount - captured)),
    paymentIntentId: idAt(charge, 'payment_intent'),
    userId: userAt(charge, 'metadata', 'userId'),
  }
}

/** What was refunded only grows: a refund that failed is told of by itself. */
export const mergeCharges = (a: ChargeFact, b: ChargeFact): ChargeFact =>
  greater(a, b, ({ refunded, amount }) => [refunded, amount])

/** From first to last: money on its way may still come back to us. */
const REFUNDS = ['requires_action', 'pending', 'succeeded', 'canceled', 'failed'] as const

export interface RefundFact {
  readonly status: (typeof REFUNDS)[number]
  readonly amount: number
  readonly chargeId: string | null
  readonly paymentIntentId: string | null
}

export function readRefund(refund: unknown, type: string): RefundFact | string {
  const told = type === 'refund.failed' ? 'failed' : valueAt(refund, 'status')
  const status = REFUNDS.find((known) => known === told)
  if (!status) return `status ${describeValue(told)}`
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
 * From first to last, with what each means for access. An inquiry (`warning_…`) moved no money. A dispute that was
 * lost can be won late, and then stays won.
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
  // The refund that settled it counts for itself.
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
  const told = valueAt(dispute, 'status')
  return typeof told === 'string' && Object.hasOwn(DISPUTES, told)
    ? { status: told as DisputeStatus }
    : `status ${describeValue(told)}`
}

export const mergeDisputes = (a: DisputeFact, b: DisputeFact): DisputeFact =>
  greater(a, b, ({ status }) => [DISPUTE_ORDER.indexOf(status)])

export const disputeRisk = ({ status }: DisputeFact) => DISPUTES[status]
