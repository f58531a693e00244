import {
  countAt,
  describeValue,
  firstKnown,
  idAt,
  listAt,
  textAt,
  timestampAt,
  userAt,
  valueAt,
} from './fields.ts'
import { canonicalText, compare, type LastStated, mergeById } from './merge.ts'
import type { Priced } from './session.ts'

const STATUSES = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'canceled',
] as const
type Status = (typeof STATUSES)[number]

export interface SubscriptionItem extends Priced {
  readonly periodStart: number | null
  readonly periodEnd: number | null
}

/** A subscription at one moment. All times are in milliseconds since the epoch. */
export interface Snapshot {
  readonly status: Status
  readonly items: readonly SubscriptionItem[]
  readonly cancelAt: number | null
  readonly cancelAtPeriodEnd: boolean
  readonly endedAt: number | null
  readonly trialEnd: number | null
  /** The customer pays invoices by hand: access starts with the first payment. */
  readonly sendInvoice: boolean
  readonly customerId: string | null
  readonly userId: string | null
  readonly tier: string | null
}

/** The latest known state of a subscription, and what earlier states said. */
export interface SubscriptionFact {
  readonly at: number
  /** The state at creation, which precedes all others of the same second. */
  readonly first: boolean
  readonly now: Snapshot
  /** Another state of the same second has the same rank: only the Stripe API can tell which is the latest. */
  readonly tied: boolean
  /** It was active or trialing at some time. */
  readonly wasOn: boolean
  /** The prices, tiers and users of all states: a later state without them removes nothing. */
  readonly prices: LastStated
  readonly tiers: LastStated
  readonly users: LastStated
}

/**
 * Reads a subscription, or returns the reason why it is ignored.
 *
 * @param at the time of this state, in milliseconds since the epoch
 */
export function readSubscription(
  subscription: unknown,
  type: string,
  at: number,
): SubscriptionFact | string {
  const value =
    type === 'customer.subscription.deleted' ? 'canceled' : valueAt(subscription, 'status')
  const status = STATUSES.find((known) => known === value)
  if (!status) return `status ${describeValue(value)}`
  const snapshot: Snapshot = {
    status,
    items: readItems(subscription),
    cancelAt: timestampAt(subscription, 'cancel_at'),
    cancelAtPeriodEnd: valueAt(subscription, 'cancel_at_period_end') === true,
    endedAt: firstKnown(
      timestampAt(subscription, 'ended_at'),
      timestampAt(subscription, 'canceled_at'),
    ),
    trialEnd: timestampAt(subscription, 'trial_end'),
    sendInvoice: valueAt(subscription, 'collection_method') === 'send_invoice',
    customerId: idAt(subscription, 'customer'),
    userId: userAt(subscription, 'metadata', 'userId'),
    tier: textAt(subscription, 'metadata', 'tier'),
  }
  return {
    at,
    first: type === 'customer.subscription.created',
    now: snapshot,
    tied: false,
    wasOn: !status.startsWith('incomplete') && status !== 'canceled',
    prices: Object.fromEntries(
      snapshot.items.flatMap(({ price }) => (price === null ? [] : [[price, at]])),
    ),
    tiers: snapshot.tier === null ? {} : { [snapshot.tier]: at },
    users: snapshot.userId === null ? {} : { [snapshot.userId]: at },
  }
}

/** Reads items. The period is the subscription's before API version 2025-03-31.basil, and each item's since. Old ones have a plan only. */
function readItems(subscription: unknown): readonly SubscriptionItem[] {
  const items = listAt(subscription, 'items')
  return (items.length > 0 ? items : [subscription]).map((item) => {
    const start = 'current_period_start'
    const end = 'current_period_end'
    return {
      price: firstKnown(idAt(item, 'price'), idAt(item, 'plan')),
      quantity: countAt(item, 'quantity') ?? 1,
      periodStart: firstKnown(timestampAt(item, start), timestampAt(subscription, start)),
      periodEnd: firstKnown(timestampAt(item, end), timestampAt(subscription, end)),
    }
  })
}

const isOver = ({ status }: Snapshot) => status === 'canceled' || status === 'incomplete_expired'

/**
 * Ranks states, since subscriptions have no version and many events share a second: an ended state last, then by time.
 * Within a second, the state at creation precedes all others, and `incomplete` any started status. Equal ranks are tied.
 */
const rank = ({ at, first, now }: SubscriptionFact) => [
  Number(isOver(now)),
  at,
  Number(!first),
  Number(now.status !== 'incomplete'),
]

export function mergeSubscriptions(a: SubscriptionFact, b: SubscriptionFact): SubscriptionFact {
  const difference = compare(rank(a), rank(b))
  const latest = difference === 0 ? breakTie(a, b) : difference > 0 ? a : b
  return {
    ...latest,
    wasOn: a.wasOn || b.wasOn,
    prices: mergeById(a.prices, b.prices, Math.max),
    tiers: mergeById(a.tiers, b.tiers, Math.max),
    users: mergeById(a.users, b.users, Math.max),
  }
}

/** Picks a state arbitrarily, but always the same one. */
function breakTie(a: SubscriptionFact, b: SubscriptionFact): SubscriptionFact {
  const [textA, textB] = [canonicalText(a.now), canonicalText(b.now)]
  return { ...(textA >= textB ? a : b), tied: a.tied || b.tied || textA !== textB }
}
