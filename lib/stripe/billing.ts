import { DAY_MS, type Entitlement } from '../license/index.ts'
import { firstKnown } from './fields.ts'
import type { InvoiceFact } from './invoice.ts'
import type { Snapshot, SubscriptionFact, SubscriptionItem } from './subscription.ts'

type Billing = Entitlement['billing']

/** Stripe charges for a renewal about an hour after it drafts the invoice, and events can be delayed. */
const RENEWAL_MS = 3 * 60 * 60 * 1000

/** The facts that decide the billing of a subscription. All times are in milliseconds since the epoch. */
export interface Account {
  readonly subscription: SubscriptionFact | undefined
  /** The items that the license is for. */
  readonly items: readonly SubscriptionItem[]
  readonly invoices: readonly InvoiceFact[]
  readonly graceDays: number
}

type Paid = InvoiceFact & { readonly servedUntil: number; readonly paidAt: number }

const isOwed = ({ status, servedUntil }: InvoiceFact) => status === 'open' && servedUntil !== null

/** Lists invoices that paid for a period. An invoice of zero does so only if no other invoice for the same period is owed. */
function listPaid(invoices: readonly InvoiceFact[]): readonly Paid[] {
  const owed = invoices.filter(({ status }) => status === 'open' || status === 'uncollectible')
  return invoices.filter((invoice): invoice is Paid => {
    const { status, servedUntil, paidAt, amountPaid } = invoice
    if (status !== 'paid' || servedUntil === null || paidAt === null) return false
    return amountPaid > 0 || !owed.some((other) => (other.servedUntil ?? 0) >= servedUntil)
  })
}

/** True if the customer was ever entitled to the subscription: it was paid, or Stripe made it active or trialing. */
export function hasBegun({
  subscription,
  invoices,
}: Pick<Account, 'subscription' | 'invoices'>): boolean {
  if (listPaid(invoices).length > 0) return true
  return Boolean(subscription?.wasOn && !awaitsFirstPayment(subscription.now))
}

/** Stripe activates a subscription that is paid by hand before its first payment. A license starts with the payment. */
const awaitsFirstPayment = ({ sendInvoice, status }: Snapshot) =>
  sendInvoice && status !== 'trialing'

/** Derives the billing state and the paid period. See stripe.com/docs/billing/subscriptions/overview. */
export function toBilling(account: Account): Billing {
  const { subscription, invoices } = account
  const paid = listPaid(invoices)
  if (!subscription) {
    return paid.length > 0
      ? upTo('paid', findEnd(paid) ?? 0)
      : { status: 'pending', paidUntil: null }
  }
  const { at, now } = subscription
  // Paid after the latest known state of the subscription: the event of the renewal itself is still to come.
  const recent = paid.filter(({ paidAt }) => paidAt >= at)
  switch (now.status) {
    case 'incomplete':
      return recent.length > 0
        ? upTo('paid', findEnd(recent) ?? at)
        : { status: 'pending', paidUntil: null }
    case 'incomplete_expired':
    case 'canceled':
      return { status: 'ended', paidUntil: now.endedAt ?? at }
    case 'paused':
      return { status: 'paused', paidUntil: findPaidUntil(account, paid, at) }
    case 'past_due':
    case 'unpaid': {
      // A late payment counts for the period that it paid for: the current period may be a later one.
      const renewed = findEnd(recent.filter(({ renews }) => renews))
      if (renewed !== null && !invoices.some(isOwed)) {
        return { ...upTo('paid', renewed), ...toCancellation(account, renewed) }
      }
      return now.status === 'past_due'
        ? toPastDue(account, paid, at)
        : { status: 'unpaid', paidUntil: findPaidUntil(account, paid, at) }
    }
    case 'trialing':
    case 'active':
      if (awaitsFirstPayment(now) && !paid.some(paysBeyondTrial(now))) {
        return { status: 'pending', paidUntil: null }
      }
      return isWrittenOff(account, paid)
        ? toPastDue(account, paid, at)
        : toRenewing(account, recent, at)
  }
}

/** False for the invoice of zero that starts a trial. */
const paysBeyondTrial =
  ({ trialEnd }: Snapshot) =>
  ({ servedUntil }: Paid) =>
    trialEnd === null || servedUntil > trialEnd

const findEnd = (paid: readonly Paid[]): number | null =>
  paid.length === 0 ? null : Math.max(...paid.map(({ servedUntil }) => servedUntil))

const findPeriodEnd = ({ items }: Account) => findBoundary(items, 'periodEnd')
const findPeriodStart = ({ items }: Account) => findBoundary(items, 'periodStart')

function findBoundary(items: readonly SubscriptionItem[], side: 'periodStart' | 'periodEnd') {
  const known = items.map((item) => item[side]).filter((time) => time !== null)
  return known.length === 0 ? null : Math.min(...known)
}

const upTo = (status: 'paid' | 'trialing', paidUntil: number): Billing => ({
  status,
  paidUntil,
  graceUntil: paidUntil + RENEWAL_MS,
})

/** Derives the billing of a subscription that renews unless it is canceled. */
function toRenewing(account: Account, recent: readonly Paid[], at: number): Billing {
  const now = account.subscription?.now
  const onTrial = now?.status === 'trialing'
  const end = firstKnown(onTrial ? (now?.trialEnd ?? null) : null, findPeriodEnd(account))
  const known = end === null ? listPaid(account.invoices) : recent
  const ends = [end, findEnd(known)].filter((time) => time !== null)
  const paidUntil = ends.length > 0 ? Math.max(...ends) : at
  return {
    ...upTo(onTrial && paidUntil === end ? 'trialing' : 'paid', paidUntil),
    ...toCancellation(account, end),
  }
}

/** Reads a scheduled cancellation. Stripe sets either field: see stripe.com/docs/billing/subscriptions/cancel. */
function toCancellation({ subscription }: Account, end: number | null): Pick<Billing, 'cancelAt'> {
  const now = subscription?.now
  const cancelAt = now?.cancelAt ?? (now?.cancelAtPeriodEnd ? end : null)
  return cancelAt === null ? {} : { cancelAt }
}

/**
 * Derives the billing after a failed payment. The current period is the unpaid one, unless the failed payment is for a
 * later addition to a paid period. Grace starts with the oldest open invoice.
 */
function toPastDue(account: Account, paid: readonly Paid[], at: number): Billing {
  const owed = account.invoices.filter(isOwed)
  const writtenOff = account.invoices.filter(({ status }) => status === 'uncollectible')
  const listOpened = (invoices: readonly InvoiceFact[]) => invoices.map(({ openedAt }) => openedAt)
  const start =
    owed.length > 0
      ? Math.min(...listOpened(owed))
      : Math.max(
          ...listOpened(writtenOff),
          findPeriodStart(account) ?? (writtenOff.length > 0 ? 0 : at),
        )
  return {
    status: 'past_due',
    paidUntil: findPaidUntil(account, paid, at),
    graceUntil: start + account.graceDays * DAY_MS,
    ...toCancellation(account, findPeriodEnd(account)),
  }
}

/** Returns the end of the period that was paid last, which a change of plan can have made shorter than an earlier one. */
function findPaidUntil(account: Account, paid: readonly Paid[], at: number): number {
  const end = findPeriodEnd(account)
  const renewals = paid.filter(({ renews }) => renews)
  if (end !== null && renewals.some(({ servedUntil }) => servedUntil === end)) return end
  const isLast = ({ paidAt }: Paid) => renewals.every((other) => other.paidAt <= paidAt)
  const last = findEnd(renewals.filter(isLast))
  return last ?? findPeriodStart(account) ?? at
}

/** True if the current period was written off: Stripe keeps the subscription active after an uncollectible invoice. */
function isWrittenOff(account: Account, paid: readonly Paid[]): boolean {
  const end = findPeriodEnd(account)
  const covers = ({ servedUntil }: InvoiceFact) =>
    end !== null && servedUntil !== null && servedUntil >= end
  return (
    account.invoices.some((invoice) => invoice.status === 'uncollectible' && covers(invoice)) &&
    !paid.some(covers)
  )
}
