/** The history of a license in words: what was done, by whom, and what is different since. */

import { formatDateTime, isValidTime } from '../format/time.ts'

const ACTIONS: Readonly<Record<string, string>> = {
  issued: 'Issued',
  changed: 'Changed by a payment',
  revoked: 'Revoked',
  suspended: 'Suspended',
  reinstated: 'Reinstated',
  extended: 'Extended',
  tier_changed: 'Tier changed',
  transferred: 'Transferred',
  reissued: 'Key replaced',
  revealed: 'Key shown',
  noted: 'Note',
  resent: 'Mail sent again',
  device_activated: 'Device activated',
  device_released: 'Device released',
}

export const actionLabel = (action: string) => ACTIONS[action] ?? action

const FIELDS: Readonly<Record<string, string>> = {
  userId: 'User',
  userEmail: 'E-mail',
  tier: 'Tier',
  seats: 'Seats',
  admin: 'By a person',
  risk: 'Card networks',
  'billing.status': 'Payment',
  'billing.paidUntil': 'Paid until',
  'billing.graceUntil': 'Grace until',
  'billing.cancelAt': 'Ends',
  extendedUntil: 'Extended until',
  paymentIntentId: 'Payment',
  customerId: 'Customer',
  subscriptionId: 'Subscription',
  device: 'Device',
  keyId: 'Key found by',
  'origin.issuedAt': 'Key made',
  'origin.keyVersion': 'Master key',
  'origin.subject': 'Key made for',
  'origin.tier': 'Tier in the key',
  earlierKeys: 'Earlier keys',
}

const IN_MS = /(?:Until|cancelAt)$/

export interface FieldChange {
  readonly name: string
  readonly before: string | undefined
  readonly after: string | undefined
}

type Flat = ReadonlyMap<string, unknown>

/** Of objects within, each field by itself. */
function flat(value: unknown): Flat {
  const fields = Object.entries(Object(value)).flatMap(([name, inner]): [string, unknown][] =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.entries(inner).map(([part, own]) => [`${name}.${part}`, own])
      : [[name, inner]],
  )
  return new Map(fields)
}

function shown(name: string, facts: Flat): string | undefined {
  const value = facts.get(name)
  if (value === undefined) return
  if (value === null) {
    const isForEver = name === 'billing.paidUntil' && facts.get('billing.status') !== 'pending'
    return isForEver ? 'for ever' : 'none'
  }
  if (Array.isArray(value)) return `${value.length}`
  if (typeof value === 'number' && IN_MS.test(name) && isValidTime(value))
    return formatDateTime(value)
  if (typeof value === 'number' && name === 'origin.issuedAt') return formatDateTime(value * 1000)
  return typeof value === 'string'
    ? value.replaceAll('past_due', 'past due')
    : JSON.stringify(value)
}

/** What differs, field by field, in words. */
export function listChanges(before: unknown, after: unknown): readonly FieldChange[] {
  const was = flat(before)
  const is = flat(after)
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const from = shown(name, was)
    const to = shown(name, is)
    // A new license has nothing to tell of what it does not have.
    const isNothing = from === undefined && (to === 'none' || to === 'clear')
    return from === to || isNothing ? [] : [{ name: FIELDS[name] ?? name, before: from, after: to }]
  })
}

export interface Actor {
  readonly label: string
  /** The id of the event at Stripe that it came by. */
  readonly stripeEvent?: string
}

export function describeActor(actor: string): Actor {
  const [kind = '', ...rest] = actor.split(':')
  const id = rest.join(':')
  switch (kind) {
    case 'stripe':
      return { label: 'Stripe', stripeEvent: id }
    case 'token':
      return { label: id === 'root' ? 'the token of the secret' : `API token ${id.slice(0, 12)}…` }
    default:
      return { label: actor }
  }
}
