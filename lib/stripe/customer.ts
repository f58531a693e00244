import { emailAt, userAt } from './fields.ts'
import { type Dated, dated, newer, union } from './merge.ts'

/** What is known of a customer of Stripe's, from its own events and from its purchases. */
export interface CustomerFact {
  readonly user: Dated<string> | null
  readonly email: Dated<string> | null
  /** The records of its purchases, which hear of it when it changes. */
  readonly purchases: readonly string[]
}

export const NO_CUSTOMER: CustomerFact = { user: null, email: null, purchases: [] }

/** A deleted customer is still whose licenses they are; Stripe ends its subscriptions with events of their own. */
export function readCustomer(customer: unknown, now: number): CustomerFact {
  return {
    user: dated(now, userAt(customer, 'metadata', 'userId')),
    email: dated(now, emailAt(customer, 'email')),
    purchases: [],
  }
}

export function mergeCustomers(a: CustomerFact, b: CustomerFact): CustomerFact {
  return {
    user: newer(a.user, b.user),
    email: newer(a.email, b.email),
    purchases: union(a.purchases, b.purchases),
  }
}
