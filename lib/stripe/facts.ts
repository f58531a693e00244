import {
  type ChargeFact,
  type DisputeFact,
  mergeCharges,
  mergeDisputes,
  mergeRefunds,
  type RefundFact,
} from './charge.ts'
import { type InvoiceFact, mergeInvoices } from './invoice.ts'
import { type ById, mergeById } from './merge.ts'
import { mergeSessions, type SessionFact } from './session.ts'
import { mergeSubscriptions, type SubscriptionFact } from './subscription.ts'

/** Everything Stripe reported about the objects of one purchase. */
export interface Facts {
  readonly sessions: ById<SessionFact>
  readonly subscriptions: ById<SubscriptionFact>
  readonly invoices: ById<InvoiceFact>
  readonly charges: ById<ChargeFact>
  readonly refunds: ById<RefundFact>
  readonly disputes: ById<DisputeFact>
}

export const NO_FACTS: Facts = {
  sessions: {},
  subscriptions: {},
  invoices: {},
  charges: {},
  refunds: {},
  disputes: {},
}

export function mergeFacts(a: Facts, b: Facts): Facts {
  return {
    sessions: mergeById(a.sessions, b.sessions, mergeSessions),
    subscriptions: mergeById(a.subscriptions, b.subscriptions, mergeSubscriptions),
    invoices: mergeById(a.invoices, b.invoices, mergeInvoices),
    charges: mergeById(a.charges, b.charges, mergeCharges),
    refunds: mergeById(a.refunds, b.refunds, mergeRefunds),
    disputes: mergeById(a.disputes, b.disputes, mergeDisputes),
  }
}

export const findCompletedSession = ({ sessions }: Facts): SessionFact | undefined =>
  Object.values(sessions).find(({ payment }) => payment !== 'expired')

export const isOneTime = (facts: Facts): boolean =>
  Object.keys(facts.subscriptions).length === 0 && findCompletedSession(facts)?.mode === 'payment'
