/** Explains why a license is valid or invalid. The API decides; this only names the fact that was decisive. */

import { formatDateTime } from '../format/time.ts'

interface Facts {
  readonly admin: string
  readonly risk: string
  readonly billing: {
    readonly status: string
    readonly paidUntil: number | null
    readonly [more: string]: unknown
  }
  readonly extendedUntil?: number
}

interface JudgedLicense {
  readonly verdict: {
    readonly valid: boolean
    readonly state: string
    readonly expiresAt: number | null
  }
  readonly facts: Facts
  readonly trial: boolean
}

interface Explanation {
  readonly cause: 'admin' | 'risk' | 'payment' | 'extension'
  readonly text: string
}

const BY_ADMIN: Readonly<Record<string, string>> = {
  suspended:
    'Suspended by an admin. The license stays invalid until an admin reinstates it, regardless of payments.',
  revoked: 'Revoked by an admin. Payments do not restore the license; only an admin can.',
}

const BY_RISK: Readonly<Record<string, string>> = {
  disputed: 'The payment is disputed. The license is invalid until the dispute is resolved.',
  refunded: 'The payment was refunded.',
  lost: 'A dispute about the payment was lost.',
}

const until = (at: number | null) => (at === null ? 'forever' : `until ${formatDateTime(at)}`)

const timeIn = (billing: Facts['billing'], name: string) => {
  const value = billing[name]
  return typeof value === 'number' ? value : undefined
}

function explainPayment({ verdict, facts: { billing }, trial }: JudgedLicense): string {
  const { state, expiresAt } = verdict
  switch (state) {
    case 'active':
      return trial ? `In a trial ${until(expiresAt)}.` : `Paid ${until(expiresAt)}.`
    case 'canceling':
      return `The subscription was canceled. The license is valid ${until(expiresAt)} and does not renew.`
    case 'grace':
      return billing.status === 'past_due'
        ? `The renewal payment failed. The license stays valid ${until(expiresAt)} while Stripe retries.`
        : `The renewal payment is processing. The license stays valid ${until(expiresAt)}.`
    case 'pending':
      return 'The payment is not confirmed yet.'
    case 'suspended':
      return billing.status === 'paused'
        ? 'The subscription is paused.'
        : 'The renewal was not paid, and the grace period is over.'
    case 'expired': {
      const end = timeIn(billing, 'cancelAt') ?? expiresAt
      return end === null ? 'Expired.' : `Expired on ${formatDateTime(end)} and was not renewed.`
    }
    default:
      return `The state is ${state}.`
  }
}

/** Returns the decisive cause and a sentence about it. */
export function explainVerdict(license: JudgedLicense): Explanation {
  const { admin, risk, extendedUntil } = license.facts
  const { valid, state, expiresAt } = license.verdict
  const adminText = BY_ADMIN[admin]
  const riskText = BY_RISK[risk]
  // The state is that of the more severe of the two, and of the admin status in a tie.
  if (adminText !== undefined && admin === state) {
    return { cause: 'admin', text: adminText }
  }
  if (riskText !== undefined && (state === 'suspended' || state === 'revoked')) {
    return { cause: 'risk', text: riskText }
  }
  if (extendedUntil !== undefined && extendedUntil === expiresAt) {
    const text = valid
      ? `Extended by an admin ${until(extendedUntil)}, regardless of payment.`
      : `The extension by an admin expired on ${formatDateTime(extendedUntil)}.`
    return { cause: 'extension', text }
  }
  return { cause: 'payment', text: explainPayment(license) }
}

function describePayment({ status, paidUntil }: Facts['billing']): string {
  if (status === 'pending') return 'Not confirmed yet'
  const paid = `paid ${until(paidUntil)}`
  const text = status === 'paid' ? paid : `${status.replace('_', ' ')}, ${paid}`
  return capitalize(text)
}

const capitalize = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** Returns the current value of each cause by its name. */
export function listCauses({ facts }: JudgedLicense): Readonly<Record<string, string>> {
  const { admin, risk, billing, extendedUntil } = facts
  const graceUntil = timeIn(billing, 'graceUntil')
  const cancelAt = timeIn(billing, 'cancelAt')
  const payment = [
    describePayment(billing),
    graceUntil !== undefined && `grace period until ${formatDateTime(graceUntil)}`,
    cancelAt !== undefined && `cancels on ${formatDateTime(cancelAt)}`,
  ]
  return {
    'Admin status': admin === 'clear' ? 'No restriction' : capitalize(admin),
    'Refunds and disputes': risk === 'clear' ? 'None' : capitalize(risk),
    Payment: payment.filter(Boolean).join('; '),
    ...(extendedUntil !== undefined && { Extension: capitalize(until(extendedUntil)) }),
  }
}
