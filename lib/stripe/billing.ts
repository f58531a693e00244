import { type Billing, DAY_MS } from '../license/index.ts'
import { firstKnown } from './fields.ts'
import type { InvoiceFact } from './invoice.ts'
import type { Snapshot, SubscriptionFact, SubscriptionItem } from './subscription.ts'

/** Stripe drafts the invoice of a renewal about an hour before it charges for it, and its events take their time. */
const RENEWAL_MS = 3 * 60 * 60 * 1000

/** What is known about the payment for a subscription. All moments are milliseconds since the epoch. */
export interface Account {
  readonly subscription: SubscriptionFact | undefined
  /** The items that the license is for. */
  readonly items: readonly SubscriptionItem[]
  readonly invoices: readonly InvoiceFact[]
  readonly graceDays: number
}

type Paid = InvoiceFact & { readonly servedUntil: number; readonly paidAt: number }

const isOwed = ({ status, servedUntil }: InvoiceFact) => status === 'open' && servedUntil !== null

/** An invoice over nothing proves that the period is paid only while no other one asks for the same. */
function paidIn(invoices: readonly InvoiceFact[]): readonly Paid[] {
  const asked = invoices.filter(({ status }) => status === 'open' || status === 'uncollectible')
  return invoices.filter((invoice): invoice is Paid => {
    const { status, servedUntil, paidAt, amountPaid } = invoice
    if (status !== 'paid' || servedUntil === null || paidAt === null) return false
    return amountPaid > 0 || !asked.some((other) => (other.servedUntil ?? 0) >= servedUntil)
  })
}

/** Whether anybody ever was entitled to the subscription: paid for it, or was let in by Stripe. */
export function hasBegun({
  subscription,
  invoices,
}: Pick<Account, 'subscription' | 'invoices'>): boolean {
  if (paidIn(invoices).length > 0) return true
  return Boolean(subscription?.wasOn && !awaitsFirst(subscription.now))
}

/** A customer who pays by hand is let in by Stripe before the first payment; we wait for it. */
const awaitsFirst = ({ sendInvoice, status }: Snapshot) => sendInvoice && status !== 'trialing'

/** Turns the facts of a subscription into what was paid and until when. See stripe.com/docs/billing/subscriptions/overview. */
export function toBilling(account: Account): Billing {
  const { subscription, invoices } = account
  const paid = paidIn(invoices)
  if (!subscription) {
    return paid.length > 0 ? upTo('paid', endOf(paid) ?? 0) : { status: 'pending', paidUntil: null }
  }
  const { at, now } = subscription
  // What was paid since Stripe last told of the subscription: the news of the renewal itself is still on its way.
  const fresh = paid.filter(({ paidAt }) => paidAt >= at)
  switch (now.status) {
    case 'incomplete':
      return fresh.length > 0
        ? upTo('paid', endOf(fresh) ?? at)
        : { status: 'pending', paidUntil: null }
    case 'incomplete_expired':
    case 'canceled':
      return { status: 'ended', paidUntil: now.endedAt ?? at }
    case 'paused':
      return { status: 'paused', paidUntil: paidThrough(account, paid, at) }
    case 'past_due':
    case 'unpaid': {
      // A renewal that was paid after all, and no more than it paid for: the period that Stripe shows may be a later one.
      const renewed = endOf(fresh.filter(({ renews }) => renews))
      if (renewed !== null && !invoices.some(isOwed)) {
        return { ...upTo('paid', renewed), ...cancellation(account, renewed) }
      }
      return now.status === 'past_due'
        ? pastDue(account, paid, at)
        : { status: 'unpaid', paidUntil: paidThrough(account, paid, at) }
    }
    case 'trialing':
    case 'active':
      if (awaitsFirst(now) && !paid.some(isNoTrial(now))) {
        return { status: 'pending', paidUntil: null }
      }
      return isWrittenOff(account, paid) ? pastDue(account, paid, at) : renewing(account, fresh, at)
  }
}

/** The invoice over nothing that begins a trial pays for nothing after it. */
const isNoTrial =
  ({ trialEnd }: Snapshot) =>
  ({ servedUntil }: Paid) =>
    trialEnd === null || servedUntil > trialEnd

const endOf = (paid: readonly Paid[]): number | null =>
  paid.length === 0 ? null : Math.max(...paid.map(({ servedUntil }) => servedUntil))

const periodEnd = ({ items }: Account) => edge(items, 'periodEnd')
const periodStart = ({ items }: Account) => edge(items, 'periodStart')

function edge(items: readonly SubscriptionItem[], side: 'periodStart' | 'periodEnd') {
  const known = items.map((item) => item[side]).filter((moment) => moment !== null)
  return known.length === 0 ? null : Math.min(...known)
}

const upTo = (status: 'paid' | 'trialing', paidUntil: number): Billing => ({
  status,
  paidUntil,
  graceUntil: paidUntil + RENEWAL_MS,
})

/** Goes on, and is renewed unless somebody said otherwise. */
function renewing(account: Account, fresh: readonly Paid[], at: number): Billing {
  const now = account.subscription?.now
  const onTrial = now?.status === 'trialing'
  const told = firstKnown(onTrial ? (now?.trialEnd ?? null) : null, periodEnd(account))
  const known = told === null ? paidIn(account.invoices) : fresh
  const ends = [told, endOf(known)].filter((end) => end !== null)
  const paidUntil = ends.length > 0 ? Math.max(...ends) : at
  return {
    ...upTo(onTrial && paidUntil === told ? 'trialing' : 'paid', paidUntil),
    ...cancellation(account, told),
  }
}

/** A cancellation is scheduled by either field, depending on who did it and when: see stripe.com/docs/billing/subscriptions/cancel. */
function cancellation({ subscription }: Account, end: number | null): Pick<Billing, 'cancelAt'> {
  const now = subscription?.now
  const cancelAt = now?.cancelAt ?? (now?.cancelAtPeriodEnd ? end : null)
  return cancelAt === null ? {} : { cancelAt }
}

/**
 * A renewal failed: the period that Stripe shows is the one that was not paid, unless what failed is a later
 * addition to a period that was. Grace is counted from the oldest invoice that is owed.
 */
function pastDue(account: Account, paid: readonly Paid[], at: number): Billing {
  const owed = account.invoices.filter(isOwed)
  const writtenOff = account.invoices.filter(({ status }) => status === 'uncollectible')
  const opened = (of: readonly InvoiceFact[]) => of.map(({ openedAt }) => openedAt)
  const start =
    owed.length > 0
      ? Math.min(...opened(owed))
      : Math.max(...opened(writtenOff), periodStart(account) ?? (writtenOff.length > 0 ? 0 : at))
  return {
    status: 'past_due',
    paidUntil: paidThrough(account, paid, at),
    graceUntil: start + account.graceDays * DAY_MS,
    ...cancellation(account, periodEnd(account)),
  }
}

/** The end of the last period that was paid for, by what was paid last: a change of plan may have made it shorter. */
function paidThrough(account: Account, paid: readonly Paid[], at: number): number {
  const end = periodEnd(account)
  const renewals = paid.filter(({ renews }) => renews)
  if (end !== null && renewals.some(({ servedUntil }) => servedUntil === end)) return end
  const isLast = ({ paidAt }: Paid) => renewals.every((other) => other.paidAt <= paidAt)
  const last = endOf(renewals.filter(isLast))
  return last ?? periodStart(account) ?? at
}

/** Stripe goes on as if all were well once an invoice is marked uncollectible. Nobody paid for the period, though. */
function isWrittenOff(account: Account, paid: readonly Paid[]): boolean {
  const end = periodEnd(account)
  const covers = ({ servedUntil }: InvoiceFact) =>
    end !== null && servedUntil !== null && servedUntil >= end
  return (
    account.invoices.some((invoice) => invoice.status === 'uncollectible' && covers(invoice)) &&
    !paid.some(covers)
  )
}
