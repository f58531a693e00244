import type { Billing, Entitlement } from './license.ts'

/**
 * What the holder of a license is to be told, once. Written with the change that is the reason, so that nothing is
 * told of what did not happen, and nothing that happened stays untold.
 */
export interface Notice {
  readonly kind: 'issued' | 'payment_failed' | 'canceled' | 'revoked'
  /** One notice of a kind for each period, however often the facts go back and forth. */
  readonly period: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

type Given = Partial<Pick<Entitlement, 'billing' | 'risk'>>

/**
 * What there is to tell when a license goes from one to the other. Nothing is `before` of a new one.
 *
 * @param now milliseconds since the epoch
 */
export function noticesOf(before: Given, after: Given, now: number): readonly Notice[] {
  const notice = (kind: Notice['kind'], period: string) => ({ kind, period, at: now })
  const end = endOf(after.billing)
  return [
    ...(isUsable(after) && !isUsable(before) ? [notice('issued', 'first')] : []),
    ...(isOwed(after) && !isOwed(before)
      ? [notice('payment_failed', `${after.billing?.graceUntil}`)]
      : []),
    ...(end !== null && hasBegun(before) && endOf(before.billing) === null
      ? [notice('canceled', `${end}`)]
      : []),
    ...(isTakenBack(after) && before.risk !== undefined && !isTakenBack(before)
      ? [notice('revoked', `${after.risk}`)]
      : []),
  ]
}

const hasBegun = ({ billing }: Given) => billing !== undefined && billing.status !== 'pending'

/** Worth a key: paid for or on trial, and the money was not called back. */
const isUsable = ({ billing, risk }: Given) =>
  (billing?.status === 'paid' || billing?.status === 'trialing') && risk === 'clear'

const isOwed = ({ billing }: Given) => billing?.status === 'past_due'

const isTakenBack = ({ risk }: Given) => risk === 'refunded' || risk === 'lost'

/** When somebody ended it, or is going to. */
const endOf = (billing: Billing | undefined): number | null =>
  billing?.cancelAt ?? (billing?.status === 'ended' ? billing.paidUntil : null)
