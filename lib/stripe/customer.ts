import { emailAt, userAt } from './fields.ts'
import { type Dated, dated, newer, union } from './merge.ts'

/** The user and the email address of a Stripe customer, from its own events and from its purchases. */
export interface CustomerFact {
  readonly user: Dated<string> | null
  readonly email: Dated<string> | null
  /** The ids of its purchases, which are updated when the customer changes. */
  readonly purchases: readonly string[]
}

export const NO_CUSTOMER: CustomerFact = { user: null, email: null, purchases: [] }

/** Reads a customer, also a deleted one, who keeps its licenses: Stripe ends the subscriptions with events of their own. */
export function readCustomer(customer: unknown, createdAt: number): CustomerFact {
  return {
    user: dated(createdAt, userAt(customer, 'metadata', 'userId')),
    email: dated(createdAt, emailAt(customer, 'email')),
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
