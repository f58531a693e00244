import { validUntil } from './evaluate.ts'
import type { Billing, Entitlement, License } from './license.ts'
import { DAY_MS } from './time.ts'

export type NoticeKind =
  | 'issued'
  | 'reissued'
  | 'payment_failed'
  | 'renewed'
  | 'canceled'
  | 'revoked'
  | 'expiring_7'
  | 'expiring_1'

/**
 * What the holder of a license is to be told, once. Written with the change that is the reason, so that nothing is
 * told of what did not happen, and nothing that happened stays untold.
 */
export interface Notice {
  readonly kind: NoticeKind
  /** One notice of a kind for each period, however often the facts go back and forth. */
  readonly period: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

type BillingFacts = Partial<Pick<Entitlement, 'billing' | 'risk'>>

/**
 * What there is to tell when a license goes from one to the other. Nothing is `before` of a new one.
 *
 * @param now milliseconds since the epoch
 */
export function diffNotices(
  before: BillingFacts,
  after: BillingFacts,
  now: number,
): readonly Notice[] {
  const notice = (kind: Notice['kind'], period: string) => ({ kind, period, at: now })
  const end = endOf(after.billing)
  const paidUntil = renewedUntil(before.billing, after.billing)
  return [
    ...(isUsable(after) && !isUsable(before) ? [notice('issued', 'first')] : []),
    ...(isOwed(after) && !isOwed(before)
      ? [notice('payment_failed', `${after.billing?.graceUntil}`)]
      : []),
    ...(paidUntil !== null ? [notice('renewed', `${paidUntil}`)] : []),
    ...(end !== null && hasBegun(before) && endOf(before.billing) === null
      ? [notice('canceled', `${end}`)]
      : []),
    ...(isTakenBack(after) && before.risk !== undefined && !isTakenBack(before)
      ? [notice('revoked', `${after.risk}`)]
      : []),
  ]
}

/** Until when it is paid now, if that is a renewal and not a trifle. */
function renewedUntil(
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

const REMINDERS = [
  { kind: 'expiring_1', days: 1 },
  { kind: 'expiring_7', days: 7 },
] as const

/**
 * The reminder that is due for a license that ends and does not renew: of seven days before its end, or of one. A
 * license that was made for less than that has none. It is the same one however often and from wherever it is asked for,
 * since it is counted in milliseconds from the end.
 *
 * @param now milliseconds since the epoch
 */
export function findReminder({ facts, createdAt }: License, now: number): Notice | undefined {
  const { billing, extendedUntil } = facts
  const isRenewed = billing.graceUntil !== undefined && billing.cancelAt === undefined
  const end = validUntil(facts)
  if (!Number.isFinite(end) || end < now) return
  if (isRenewed && (extendedUntil ?? Number.NEGATIVE_INFINITY) < end) return
  const due = REMINDERS.find(({ days }) => end - now <= days * DAY_MS)
  if (!due || createdAt >= end - due.days * DAY_MS) return
  return { kind: due.kind, period: `${end}`, at: now }
}

const hasBegun = ({ billing }: BillingFacts) =>
  billing !== undefined && billing.status !== 'pending'

/** Worth a key: paid for or on trial, and the money was not called back. */
const isUsable = ({ billing, risk }: BillingFacts) =>
  (billing?.status === 'paid' || billing?.status === 'trialing') && risk === 'clear'

const isOwed = ({ billing }: BillingFacts) => billing?.status === 'past_due'

const isTakenBack = ({ risk }: BillingFacts) => risk === 'refunded' || risk === 'lost'

/** When somebody ended it, or is going to. */
const endOf = (billing: Billing | undefined): number | null =>
  billing?.cancelAt ?? (billing?.status === 'ended' ? billing.paidUntil : null)
