import type Stripe from 'stripe'
import { catalog } from '../../lib/catalog/catalog.ts'
import { type CustomerFact, mergeCustomers, NO_CUSTOMER } from '../../lib/stripe/customer.ts'
import { derive } from '../../lib/stripe/derive.ts'
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

/** The facts of one purchase and its customer. */
export interface Known {
  readonly facts: Facts
  readonly customer: CustomerFact
}
export const NOTHING: Known = { facts: NO_FACTS, customer: NO_CUSTOMER }

export const merge = (a: Known, b: Known): Known => ({
  facts: mergeFacts(a.facts, b.facts),
  customer: mergeCustomers(a.customer, b.customer),
})

/** Returns the facts that an event states, or fails if it is ignored. */
export function readFacts(event: StripeEvent): Known {
  const observation = observe(event as unknown as Stripe.Event, NOW)
  if ('ignored' in observation) throw new Error(`${event.type} is ignored: ${observation.ignored}`)
  return observation
}

export const deriveFrom = (known: Known, by = catalog) => ({
  ...derive(known, by),
  missing: findMissing(known.facts, by),
})

/** Builds the events of a scenario, in the order in which they occur. */
export const buildEvents = (
  name: ScenarioName,
  version: Version,
  changes: Partial<ScenarioOptions> = {},
): StripeEvent[] =>
  buildScenario(name, {
    name: 'story',
    user: 'user_123',
    email: 'buyer@example.com',
    tier: 'pro',
    nextTier: 'elite',
    version,
    start: NOW / 1000,
    ...changes,
  }).flatMap(({ events }) => events)

interface Outcome {
  /** The day after the start on which the license is evaluated. */
  readonly day: number
  readonly state: string
  /** Its expiry, in days after the start; null if it never expires. */
  readonly until: number | null
  readonly userId: string | null
  readonly userEmail: string | null
  readonly tier: string
  readonly seats: number
  readonly paymentIntentId: string | null
  readonly customerId: string | null
  readonly subscriptionId: string | null
}

const outcome = (
  day: number,
  state: string,
  until: number | null,
  changes: Partial<Outcome> = {},
): Outcome => ({
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
  ...changes,
})

const ONCE = { paymentIntentId: 'pi_story', customerId: null, subscriptionId: null }

/** The license at the end of each scenario. */
export const OUTCOMES: Readonly<Record<ScenarioName, Outcome>> = {
  'one-time': outcome(1, 'active', 30, ONCE),
  'bank-transfer': outcome(4, 'active', 30, ONCE),
  'bank-transfer-failed': outcome(4, 'expired', 3, ONCE),
  'one-time-refunded': outcome(2, 'revoked', 30, ONCE),
  'one-time-refund-failed': outcome(3, 'active', 30, ONCE),
  'one-time-part-refunded': outcome(2, 'active', 30, ONCE),
  renewal: outcome(31, 'active', 60),
  // Grace is 14 days from the invoice, which is finalized an hour after the period starts.
  failed: outcome(31, 'grace', (30 * 24 + 1 + 14 * 24) / 24),
  'failed-and-recovered': outcome(35, 'active', 60),
  upgrade: outcome(11, 'active', 30, { tier: 'elite' }),
  'canceled-and-back': outcome(7, 'active', 30),
  'canceled-in-portal': outcome(7, 'canceling', 30),
  ended: outcome(8, 'expired', 7),
  trial: outcome(16, 'active', 45),
  'dispute-won': outcome(21, 'active', 30),
  'dispute-lost': outcome(21, 'revoked', 30),
  'month-refunded': outcome(9, 'revoked', 30),
  'old-month-refunded': outcome(32, 'active', 60),
  'customer-moves': outcome(4, 'active', 30, { userEmail: 'new@example.com' }),
  life: outcome(91, 'expired', 90, { tier: 'elite', seats: 5 }),
}
