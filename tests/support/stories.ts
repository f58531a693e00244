import type Stripe from 'stripe'
import { catalog } from '../../lib/catalog/catalog.ts'
import type { Catalog } from '../../lib/catalog/schema.ts'
import { type CustomerFact, mergeCustomers, NO_CUSTOMER } from '../../lib/stripe/customer.ts'
import { type Derivation, derive } from '../../lib/stripe/derive.ts'
import { type Facts, mergeFacts, NO_FACTS } from '../../lib/stripe/facts.ts'
import { observe } from '../../lib/stripe/observe.ts'
import { findMissing } from '../../lib/stripe/refresh.ts'
import type { StripeEvent, Version } from '../../scripts/stripe/objects.ts'
import {
  buildScenario,
  type ScenarioName,
  type ScenarioOptions,
} from '../../scripts/stripe/scenarios.ts'
import { NOW } from './licenses.ts'

/** What is known of one purchase and its customer. */
export interface Known {
  readonly facts: Facts
  readonly customer: CustomerFact
}
export const NOTHING: Known = { facts: NO_FACTS, customer: NO_CUSTOMER }

export const join = (a: Known, b: Known): Known => ({
  facts: mergeFacts(a.facts, b.facts),
  customer: mergeCustomers(a.customer, b.customer),
})

/** What one event says, which is a fault of the test if it says nothing. */
export function told(event: StripeEvent): Known {
  const observation = observe(event as unknown as Stripe.Event, NOW)
  if ('ignored' in observation) throw new Error(`${event.type} is ignored: ${observation.ignored}`)
  return observation
}

export const derived = (
  known: Known,
  by: Catalog = catalog,
): Derivation & { readonly missing?: string | undefined } => ({
  ...derive(known, by),
  missing: findMissing(known.facts, by),
})

const aCast = (changes: Partial<ScenarioOptions> = {}): ScenarioOptions => ({
  name: 'story',
  user: 'user_123',
  email: 'buyer@example.com',
  tier: 'pro',
  nextTier: 'elite',
  version: '2026-10-28.endive',
  start: NOW / 1000,
  ...changes,
})

/** The events of a story, in the order in which it happened. */
export const eventsOf = (
  name: ScenarioName,
  version: Version,
  changes: Partial<ScenarioOptions> = {},
): StripeEvent[] =>
  buildScenario(name, aCast({ version, ...changes })).flatMap(({ events }) => events)

interface End {
  /** How many days after its beginning one looks at it. */
  readonly day: number
  readonly state: string
  /** Until when it is good, or was, in days from the beginning; null for ever. */
  readonly until: number | null
  readonly userId: string | null
  readonly userEmail: string | null
  readonly tier: string
  readonly seats: number
  readonly paymentIntentId: string | null
  readonly customerId: string | null
  readonly subscriptionId: string | null
}

const end = (day: number, state: string, until: number | null, others: Partial<End> = {}): End => ({
  day,
  state,
  until,
  userId: 'user_123',
  userEmail: 'buyer@example.com',
  tier: 'pro',
  seats: 3,
  paymentIntentId: null,
  customerId: 'cus_story',
  subscriptionId: 'sub_story',
  ...others,
})

const ONCE = { paymentIntentId: 'pi_story', customerId: null, subscriptionId: null }

/** What becomes of the license in each story. */
export const ENDS: Readonly<Record<ScenarioName, End>> = {
  'one-time': end(1, 'active', 30, ONCE),
  'bank-transfer': end(4, 'active', 30, ONCE),
  'bank-transfer-failed': end(4, 'expired', 3, ONCE),
  'one-time-refunded': end(2, 'revoked', 30, ONCE),
  'one-time-refund-failed': end(3, 'active', 30, ONCE),
  'one-time-part-refunded': end(2, 'active', 30, ONCE),
  renewal: end(31, 'active', 60),
  failed: end(
    31,
    'grace', // The renewal is charged for an hour after it was drafted.
    (30 * 24 + 1 + 14 * 24) / 24,
  ),
  'failed-and-recovered': end(35, 'active', 60),
  upgrade: end(11, 'active', 30, { tier: 'elite' }),
  'canceled-and-back': end(7, 'active', 30),
  'canceled-in-portal': end(7, 'canceling', 30),
  ended: end(8, 'expired', 7),
  trial: end(16, 'active', 45),
  'dispute-won': end(21, 'active', 30),
  'dispute-lost': end(21, 'revoked', 30),
  'month-refunded': end(9, 'revoked', 30),
  'old-month-refunded': end(32, 'active', 60),
  'customer-moves': end(4, 'active', 30, { userEmail: 'new@example.com' }),
  life: end(91, 'expired', 90, { tier: 'elite', seats: 5 }),
}
