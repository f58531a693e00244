/** Where Stripe's dashboard shows a thing. Only ids that look like Stripe's own become an address. */

const DASHBOARD_PAGES: readonly (readonly [RegExp, string])[] = [
  [/^pi_[A-Za-z0-9_]{1,128}$/, 'payments'],
  [/^cus_[A-Za-z0-9_]{1,128}$/, 'customers'],
  [/^sub_[A-Za-z0-9_]{1,128}$/, 'subscriptions'],
  [/^in_[A-Za-z0-9_]{1,128}$/, 'invoices'],
  [/^evt_[A-Za-z0-9_]{1,128}$/, 'events'],
]

/** @param livemode whether it is sold for real money */
export function stripeUrl(id: string, livemode: boolean): string | undefined {
  const [, place] = DASHBOARD_PAGES.find(([pattern]) => pattern.test(id)) ?? []
  return place && `https://dashboard.stripe.com/${livemode ? '' : 'test/'}${place}/${id}`
}
