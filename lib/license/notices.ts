import type { Billing, Entitlement } from './license.ts'
import { DAY_MS } from './time.ts'

type NoticeKind =
  | 'issued'
  | 'reissued'
  | 'payment_failed'
  | 'renewed'
  | 'canceled'
  | 'revoked'
  | 'expiring_7'
  | 'expiring_1'

/**
 * An email to the customer, sent once. Written in the transaction of the change that causes it, so that an email is
 * sent if and only if the change was made.
 */
export interface Notice {
  readonly kind: NoticeKind
  /** At most one notice of a kind is sent per period, even if the facts change back and forth. */
  readonly period: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

type BillingFacts = Partial<Pick<Entitlement, 'billing' | 'risk'>>

/**
 * Returns the notices that a change of billing facts causes. `before` is empty for a new license.
 *
 * @param now milliseconds since the epoch
 */
export function diffNotices(
  before: BillingFacts,
  after: BillingFacts,
  now: number,
): readonly Notice[] {
  const notice = (kind: Notice['kind'], period: string) => ({ kind, period, at: now })
  const end = findCancellation(after.billing)
  const paidUntil = findRenewal(before.billing, after.billing)
  return [
    ...(isUsable(after) && !isUsable(before) ? [notice('issued', 'first')] : []),
    ...(isPastDue(after) && !isPastDue(before)
      ? [notice('payment_failed', `${after.billing?.graceUntil}`)]
      : []),
    ...(paidUntil !== null ? [notice('renewed', `${paidUntil}`)] : []),
    ...(end !== null && hasStarted(before) && findCancellation(before.billing) === null
      ? [notice('canceled', `${end}`)]
      : []),
    ...(isRefunded(after) && before.risk !== undefined && !isRefunded(before)
      ? [notice('revoked', `${after.risk}`)]
      : []),
  ]
}

/** Returns the new end of the paid period if it is a renewal: at least a day later. */
function findRenewal(
  before: BillingFacts['billing'],
  after: BillingFacts['billing'],
): number | null {
  const wasPaid = before?.status === 'paid' || before?.status === 'past_due'
  if (!wasPaid || after?.status !== 'paid' || after.graceUntil === undefined) return null
  const { paidUntil } = after
  const isLater =
    paidUntil !== null && before.paidUntil !== null && paidUntil - before.paidUntil >= DAY_MS
  return isLater ? paidUntil : null
}

const hasStarted = ({ billing }: BillingFacts) =>
  billing !== undefined && billing.status !== 'pending'

/** Returns true if the key may be sent: paid or on trial, and not refunded or disputed. */
const isUsable = ({ billing, risk }: BillingFacts) =>
  (billing?.status === 'paid' || billing?.status === 'trialing') && risk === 'clear'

const isPastDue = ({ billing }: BillingFacts) => billing?.status === 'past_due'

const isRefunded = ({ risk }: BillingFacts) => risk === 'refunded' || risk === 'lost'

/** Returns the time of a past or scheduled cancellation. */
const findCancellation = (billing: Billing | undefined): number | null =>
  billing?.cancelAt ?? (billing?.status === 'ended' ? billing.paidUntil : null)
