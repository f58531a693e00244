import type { Admin, Billing, LicenseFacts, Risk } from './license.ts'

export type ValidState = 'active' | 'canceling' | 'grace'
export type InvalidState = 'pending' | 'expired' | 'suspended' | 'revoked'
export type LicenseState = ValidState | InvalidState

/** The state that follows from the facts at one time. */
export interface Evaluation {
  readonly state: LicenseState
  /** Present for an active trial only. */
  readonly trial?: true
  /** The end of paid access in milliseconds since the epoch, past or future; null for a lifetime license. */
  readonly expiresAt: number | null
}

/** All states, from best to worst. */
export const STATES = Object.freeze([
  'active',
  'canceling',
  'grace',
  'pending',
  'expired',
  'suspended',
  'revoked',
] as const satisfies readonly LicenseState[])

/** Returns true if a license in this state is valid. */
export const isValidState = (state: LicenseState): state is ValidState =>
  STATES.indexOf(state) < STATES.indexOf('pending')

/**
 * Computes the state of a license at `now` (milliseconds since the epoch). It is the only place that does. The three
 * causes are independent and the worst one decides, so no payment can undo an admin's revocation. A period includes
 * its last millisecond: a license is valid at its `expiresAt`.
 */
export function evaluate(facts: LicenseFacts, now: number): Evaluation {
  const billing = extendBilling(evaluateBilling(facts.billing, now), facts.extendedUntil, now)
  const state = worst(fromAdmin[facts.admin], worst(fromRisk[facts.risk], billing.state))
  return state === billing.state ? billing : { state, expiresAt: billing.expiresAt }
}

/**
 * Returns the last millisecond since the epoch at which a license is valid if nothing changes: `Infinity` for a
 * lifetime license, `-Infinity` if it is not valid. The license is valid at every time until then.
 */
export function validUntil({ admin, risk, billing, extendedUntil }: LicenseFacts): number {
  if (!isValidState(worst(fromAdmin[admin], fromRisk[risk]))) return Number.NEGATIVE_INFINITY
  const { status, paidUntil, graceUntil, cancelAt } = billing
  const isServed = status === 'paid' || status === 'trialing' || status === 'past_due'
  const end = isServed
    ? (earliest(latest(paidUntil, graceUntil), cancelAt) ?? Number.POSITIVE_INFINITY)
    : Number.NEGATIVE_INFINITY
  return Math.max(end, extendedUntil ?? Number.NEGATIVE_INFINITY)
}

const fromAdmin: Record<Admin, LicenseState> = {
  clear: 'active',
  suspended: 'suspended',
  revoked: 'revoked',
}

const fromRisk: Record<Risk, LicenseState> = {
  clear: 'active',
  disputed: 'suspended',
  refunded: 'revoked',
  lost: 'revoked',
}

function worst(a: LicenseState, b: LicenseState): LicenseState {
  return STATES.indexOf(a) > STATES.indexOf(b) ? a : b
}

/** Applies an admin's extension, which never shortens access. */
function extendBilling(billing: Evaluation, until: number | undefined, now: number): Evaluation {
  if (until === undefined) return billing
  const { state, expiresAt } = billing
  const isLater = expiresAt !== null && expiresAt < until
  if (now > until) return state === 'expired' && isLater ? { state, expiresAt: until } : billing
  if (!isValidState(state)) return { state: 'active', expiresAt: until }
  if (!isLater) return billing
  return state === 'grace'
    ? { state: 'active', expiresAt: until }
    : { ...billing, expiresAt: until }
}

function evaluateBilling(billing: Billing, now: number): Evaluation {
  const { status, cancelAt } = billing
  const expiresAt = earliest(billing.paidUntil, cancelAt)
  const graceEnd = earliest(latest(billing.paidUntil, billing.graceUntil), cancelAt)
  const over = (end: number | null) => end !== null && now > end
  switch (status) {
    case 'pending':
      return { state: 'pending', expiresAt }
    case 'unpaid':
    case 'paused':
      return { state: 'suspended', expiresAt }
    case 'ended':
      return { state: 'expired', expiresAt }
    case 'past_due':
      return { state: over(graceEnd) ? 'suspended' : 'grace', expiresAt: graceEnd }
    case 'trialing':
    case 'paid': {
      if (over(expiresAt)) {
        return over(graceEnd)
          ? { state: 'expired', expiresAt }
          : { state: 'grace', expiresAt: graceEnd }
      }
      if (cancelAt !== undefined) return { state: 'canceling', expiresAt }
      return status === 'trialing'
        ? { state: 'active', trial: true, expiresAt }
        : { state: 'active', expiresAt }
    }
  }
}

/** Null stands for no end. */
const earliest = (end: number | null, other: number = Number.POSITIVE_INFINITY) =>
  finite(Math.min(end ?? Number.POSITIVE_INFINITY, other))

/** Grace never ends before the paid period. */
const latest = (end: number | null, other: number = Number.NEGATIVE_INFINITY) =>
  end === null ? null : Math.max(end, other)

const finite = (end: number) => (Number.isFinite(end) ? end : null)
