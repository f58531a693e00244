/** Why a license is good or not, in words. The service judged it; here is only told which of the causes decided. */

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

export interface JudgedLicense {
  readonly verdict: {
    readonly valid: boolean
    readonly state: string
    readonly expiresAt: number | null
  }
  readonly facts: Facts
  readonly trial: boolean
}

/** Which of the three causes decides, and what it says. */
export interface Explanation {
  readonly cause: 'person' | 'card networks' | 'payment' | 'extension'
  readonly text: string
}

const BY_PERSON: Readonly<Record<string, string>> = {
  suspended: 'A person suspended it. It is refused until somebody reinstates it; no payment does.',
  revoked: 'A person revoked it. No payment brings it back; somebody can reinstate it.',
}

const BY_NETWORK: Readonly<Record<string, string>> = {
  disputed: 'The payment is disputed. It is refused until the dispute is decided.',
  refunded: 'The payment was refunded.',
  lost: 'A dispute of the payment was lost.',
}

const ends = (at: number | null) => (at === null ? 'for ever' : `until ${formatDateTime(at)}`)
const momentIn = (billing: Facts['billing'], name: string) => {
  const value = billing[name]
  return typeof value === 'number' ? value : undefined
}

function byPayment({ verdict, facts: { billing }, trial }: JudgedLicense): string {
  const { state, expiresAt } = verdict
  switch (state) {
    case 'active':
      return trial ? `On trial ${ends(expiresAt)}.` : `Paid ${ends(expiresAt)}.`
    case 'canceling':
      return `Canceled: it is good ${ends(expiresAt)} and does not renew.`
    case 'grace':
      return billing.status === 'past_due'
        ? `A renewal could not be paid. It goes on ${ends(expiresAt)} while Stripe tries again.`
        : `The renewal is on its way. It goes on ${ends(expiresAt)}.`
    case 'pending':
      return 'The payment is not confirmed yet.'
    case 'suspended':
      if (billing.status === 'paused') return 'The subscription is paused.'
      return 'The renewal was not paid, and the days of grace are over.'
    case 'expired': {
      const end = momentIn(billing, 'cancelAt') ?? expiresAt
      return end === null
        ? 'It has ended.'
        : `It ended on ${formatDateTime(end)} and was not renewed.`
    }
    default:
      return `Its state is ${state}.`
  }
}

/** How bad each is; the worst counts, and a person's word comes first among equals. */
const WEIGHT: Readonly<Record<string, number>> = {
  clear: 0,
  suspended: 1,
  disputed: 1,
  revoked: 2,
  refunded: 2,
  lost: 2,
}

export function explainVerdict(judged: JudgedLicense): Explanation {
  const { admin, risk, extendedUntil } = judged.facts
  const { state, expiresAt } = judged.verdict
  const byPerson = WEIGHT[admin] ?? 0
  const byNetwork = WEIGHT[risk] ?? 0
  const person = BY_PERSON[admin]
  const network = BY_NETWORK[risk]
  if (person !== undefined && byPerson >= byNetwork && admin === state) {
    return { cause: 'person', text: person }
  }
  if (network !== undefined && byNetwork > 0 && (state === 'suspended' || state === 'revoked')) {
    return { cause: 'card networks', text: network }
  }
  if (extendedUntil !== undefined && extendedUntil === expiresAt) {
    const verb = judged.verdict.valid ? 'lets it go on' : 'had let it go on'
    return {
      cause: 'extension',
      text: `A person ${verb} ${ends(extendedUntil)}, whatever is paid.`,
    }
  }
  return { cause: 'payment', text: byPayment(judged) }
}

function paidText({ status, paidUntil }: Facts['billing']): string {
  if (status === 'pending') return 'not confirmed yet'
  const paid = `paid ${ends(paidUntil)}`
  return status === 'paid' ? paid : `${status.replace('_', ' ')}, ${paid}`
}

/** What each of the three causes says by itself. */
export function listCauses({
  facts,
}: JudgedLicense): readonly { readonly name: string; readonly says: string }[] {
  const { admin, risk, billing, extendedUntil } = facts
  const graceUntil = momentIn(billing, 'graceUntil')
  const cancelAt = momentIn(billing, 'cancelAt')
  return [
    { name: 'A person', says: admin === 'clear' ? 'Nothing against it' : admin },
    { name: 'Card networks', says: risk === 'clear' ? 'Nothing against it' : risk },
    {
      name: 'Payment',
      says: [
        paidText(billing),
        graceUntil !== undefined && `grace until ${formatDateTime(graceUntil)}`,
        cancelAt !== undefined && `ends ${formatDateTime(cancelAt)}`,
      ]
        .filter(Boolean)
        .join('; '),
    },
    ...(extendedUntil === undefined ? [] : [{ name: 'Extension', says: ends(extendedUntil) }]),
  ]
}
