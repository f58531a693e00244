/** Labels for the history of a license: actions, actors and changed fields. */

import { formatDateTime, isValidTime } from '../format/time.ts'

const ACTIONS: Readonly<Record<string, string>> = {
  issued: 'Issued',
  changed: 'Updated by a payment',
  revoked: 'Revoked',
  suspended: 'Suspended',
  reinstated: 'Reinstated',
  extended: 'Extended',
  tier_changed: 'Tier changed',
  transferred: 'Transferred',
  reissued: 'Key replaced',
  revealed: 'Key viewed',
  noted: 'Note added',
  resent: 'Email resent',
  device_activated: 'Device activated',
  device_released: 'Device deactivated',
}

export const actionLabel = (action: string) => ACTIONS[action] ?? action

const FIELDS: Readonly<Record<string, string>> = {
  userId: 'User ID',
  userEmail: 'Email',
  tier: 'Tier',
  seats: 'Seats',
  admin: 'Admin status',
  risk: 'Refund or dispute',
  'billing.status': 'Payment status',
  'billing.paidUntil': 'Paid until',
  'billing.graceUntil': 'Grace period until',
  'billing.cancelAt': 'Cancels on',
  extendedUntil: 'Extended until',
  paymentIntentId: 'Payment',
  customerId: 'Customer',
  subscriptionId: 'Subscription',
  device: 'Device',
  keyId: 'Key ID',
  'origin.issuedAt': 'Key created',
  'origin.keyVersion': 'Master key version',
  'origin.subject': 'Key issued to',
  'origin.tier': 'Tier in the key',
  earlierKeys: 'Previous keys',
}

const IN_MS = /(?:Until|cancelAt)$/

export interface FieldChange {
  readonly name: string
  readonly before: string | undefined
  readonly after: string | undefined
}

type FlatFacts = ReadonlyMap<string, unknown>

/** Flattens nested objects, as in `billing.status`. */
function flatten(facts: unknown): FlatFacts {
  const fields = Object.entries(Object(facts)).flatMap(([name, value]): [string, unknown][] =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([part, nested]) => [`${name}.${part}`, nested])
      : [[name, value]],
  )
  return new Map(fields)
}

function formatFact(name: string, facts: FlatFacts): string | undefined {
  const value = facts.get(name)
  if (value === undefined) return
  if (value === null) {
    const isUnlimited = name === 'billing.paidUntil' && facts.get('billing.status') !== 'pending'
    return isUnlimited ? 'forever' : 'none'
  }
  if (Array.isArray(value)) return `${value.length}`
  if (typeof value === 'number') {
    if (IN_MS.test(name) && isValidTime(value)) return formatDateTime(value)
    if (name === 'origin.issuedAt') return formatDateTime(value * 1000)
  }
  return typeof value === 'string'
    ? value.replaceAll('past_due', 'past due')
    : JSON.stringify(value)
}

/** Returns the fields that differ, with both values as text. */
export function listChanges(before: unknown, after: unknown): readonly FieldChange[] {
  const oldFacts = flatten(before)
  const newFacts = flatten(after)
  return [...new Set([...oldFacts.keys(), ...newFacts.keys()])].flatMap((name) => {
    const from = formatFact(name, oldFacts)
    const to = formatFact(name, newFacts)
    // The first entry of a license omits its unset fields.
    const isUnset = from === undefined && (to === 'none' || to === 'clear')
    return from === to || isUnset ? [] : [{ name: FIELDS[name] ?? name, before: from, after: to }]
  })
}

interface Actor {
  readonly label: string
  /** ID of the Stripe event that made the change. */
  readonly stripeEvent?: string
}

/** @param actor as the API returns it, as in `token:root` or `stripe:evt_…` */
export function describeActor(actor: string): Actor {
  const [kind = '', ...rest] = actor.split(':')
  const id = rest.join(':')
  switch (kind) {
    case 'stripe':
      return { label: 'Stripe', stripeEvent: id }
    case 'holder':
      return { label: 'the customer' }
    case 'token':
      return { label: describeToken(id) }
    default:
      return { label: actor }
  }
}

export const describeToken = (id: string) =>
  id === 'root' ? 'the root token' : `API token ${id.slice(0, 12)}…`
