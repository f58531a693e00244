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
import { type ById, canonicalText, compare, mergeById } from './merge.ts'
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

/** A subscription as it was at one moment. All moments are milliseconds since the epoch. */
export interface Snapshot {
  readonly status: Status
  readonly items: readonly SubscriptionItem[]
  readonly cancelAt: number | null
  readonly cancelAtPeriodEnd: boolean
  readonly endedAt: number | null
  readonly trialEnd: number | null
  /** The customer pays an invoice by hand: access waits for the first payment. */
  readonly sendInvoice: boolean
  readonly customerId: string | null
  readonly userId: string | null
  readonly tier: string | null
}

/** What a subscription is now, as far as we were told, and what it once was. */
export interface SubscriptionFact {
  readonly at: number
  /** Its first state, which every other one of the same second comes after. */
  readonly first: boolean
  readonly now: Snapshot
  /** Another state was told of the same second, and nothing says which came last: only Stripe knows. */
  readonly tied: boolean
  /** It was on or on trial at some time, so there is something to have a license for. */
  readonly wasOn: boolean
  /** What it was for and whose, with the last time that was said: a state without them takes nothing away. */
  readonly prices: ById<number>
  readonly tiers: ById<number>
  readonly users: ById<number>
}

/** @param now when Stripe said so, in milliseconds since the epoch */
export function readSubscription(
  subscription: unknown,
  type: string,
  now: number,
): SubscriptionFact | string {
  const told =
    type === 'customer.subscription.deleted' ? 'canceled' : valueAt(subscription, 'status')
  const status = STATUSES.find((known) => known === told)
  if (!status) return `status ${describeValue(told)}`
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
    at: now,
    first: type === 'customer.subscription.created',
    now: snapshot,
    tied: false,
    wasOn: !status.startsWith('incomplete') && status !== 'canceled',
    prices: Object.fromEntries(
      snapshot.items.flatMap(({ price }) => (price === null ? [] : [[price, now]])),
    ),
    tiers: snapshot.tier === null ? {} : { [snapshot.tier]: now },
    users: snapshot.userId === null ? {} : { [snapshot.userId]: now },
  }
}

/** Until 2025-03-31.basil the period is the subscription's, since then it is each item's. Old ones have a plan only. */
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
 * Subscriptions have no version, and many events share a second. What is over stays over; then the second counts;
 * then the first state comes before any other, and one that was never begun before one that was. What is left is tied.
 */
const rank = ({ at, first, now }: SubscriptionFact) => [
  Number(isOver(now)),
  at,
  Number(!first),
  Number(now.status !== 'incomplete'),
]

export function mergeSubscriptions(a: SubscriptionFact, b: SubscriptionFact): SubscriptionFact {
  const difference = compare(rank(a), rank(b))
  const last = difference === 0 ? either(a, b) : difference > 0 ? a : b
  return {
    ...last,
    wasOn: a.wasOn || b.wasOn,
    prices: mergeById(a.prices, b.prices, Math.max),
    tiers: mergeById(a.tiers, b.tiers, Math.max),
    users: mergeById(a.users, b.users, Math.max),
  }
}

/** A guess, and always the same one. */
function either(a: SubscriptionFact, b: SubscriptionFact): SubscriptionFact {
  const [textA, textB] = [canonicalText(a.now), canonicalText(b.now)]
  return { ...(textA >= textB ? a : b), tied: a.tied || b.tied || textA !== textB }
}
