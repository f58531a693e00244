import {
  type ChargeFact,
  type DisputeFact,
  joinCharges,
  joinDisputes,
  joinRefunds,
  type RefundFact,
} from './charge.ts'
import { type InvoiceFact, joinInvoices } from './invoice.ts'
import { joinNamed, type Named } from './join.ts'
import { joinSessions, type SessionFact } from './session.ts'
import { joinSubscriptions, type SubscriptionFact } from './subscription.ts'

/** All that Stripe told of the objects of one purchase, by their ids. */
export interface Facts {
  readonly sessions: Named<SessionFact>
  readonly subscriptions: Named<SubscriptionFact>
  readonly invoices: Named<InvoiceFact>
  readonly charges: Named<ChargeFact>
  readonly refunds: Named<RefundFact>
  readonly disputes: Named<DisputeFact>
}

export const NO_FACTS: Facts = {
  sessions: {},
  subscriptions: {},
  invoices: {},
  charges: {},
  refunds: {},
  disputes: {},
}

export function joinFacts(a: Facts, b: Facts): Facts {
  return {
    sessions: joinNamed(a.sessions, b.sessions, joinSessions),
    subscriptions: joinNamed(a.subscriptions, b.subscriptions, joinSubscriptions),
    invoices: joinNamed(a.invoices, b.invoices, joinInvoices),
    charges: joinNamed(a.charges, b.charges, joinCharges),
    refunds: joinNamed(a.refunds, b.refunds, joinRefunds),
    disputes: joinNamed(a.disputes, b.disputes, joinDisputes),
  }
}
