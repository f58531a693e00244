/** Pages of the Stripe Dashboard, by the pattern of their IDs. Other IDs never become part of a URL. */
const DASHBOARD_PAGES: readonly (readonly [RegExp, string])[] = [
  [/^pi_[A-Za-z0-9_]{1,128}$/, 'payments'],
  [/^cus_[A-Za-z0-9_]{1,128}$/, 'customers'],
  [/^sub_[A-Za-z0-9_]{1,128}$/, 'subscriptions'],
  [/^in_[A-Za-z0-9_]{1,128}$/, 'invoices'],
  [/^evt_[A-Za-z0-9_]{1,128}$/, 'events'],
]

export function stripeUrl(id: string, livemode: boolean): string | undefined {
  const [, page] = DASHBOARD_PAGES.find(([pattern]) => pattern.test(id)) ?? []
  return page && `https://dashboard.stripe.com/${livemode ? '' : 'test/'}${page}/${id}`
}
