/** What a purchase is kept aside for, and what a person does about it. */

interface Alert {
  readonly means: string
  readonly todo: string
}

const ALERTS: Readonly<Record<string, Alert>> = {
  TIER_MISSING: {
    means: 'Nothing in the purchase says which tier was bought.',
    todo: 'Find out what was sold, then issue a license for this payment.',
  },
  TIER_UNKNOWN: {
    means: 'The purchase names a tier that the catalog does not have.',
    todo: 'Find out what was sold, then issue a license for this payment.',
  },
  PRICE_UNKNOWN: {
    means: 'The catalog does not have the price that was paid.',
    todo: 'Add the price to the catalog and deploy, then resend the event from Stripe; or issue a license for this payment.',
  },
  PRICE_MISSING: {
    means: 'Stripe could not be asked what was bought.',
    todo: 'Put an API key of Stripe into the secret, then resend the event from Stripe.',
  },
  LINE_ITEMS_MISSING: {
    means: 'Stripe could not be asked what was bought.',
    todo: 'Put an API key of Stripe into the secret, then resend the event from Stripe.',
  },
  INVOICE_LINES_MISSING: {
    means: 'An invoice had more lines than an event holds, so its period may be missing.',
    todo: 'Put an API key of Stripe into the secret, then resend the event from Stripe.',
  },
  TIER_MISMATCH: {
    means: 'The metadata name another tier than the price that was paid. The price counted.',
    todo: 'Mend the server that starts the checkout.',
  },
  LICENSE_CONFLICT: {
    means: 'There was a license for this payment already, of another user or tier. It stays.',
    todo: 'Look at both, and decide who paid for what.',
  },
  SUBSCRIPTION_UNSETTLED: {
    means: 'Two states came within one second, and Stripe could not be asked which was last.',
    todo: 'Nothing, if the subscription goes on; otherwise resend its last event from Stripe.',
  },
}

export const describeIssue = (alert: string): Alert =>
  ALERTS[alert] ?? { means: alert, todo: 'Look for it in the README, under “Purchases”.' }

/** Whether a person can settle it by issuing a license. */
export const canIssueLicense = (alerts: readonly string[]) =>
  alerts.some((alert) => ['TIER_MISSING', 'TIER_UNKNOWN', 'PRICE_UNKNOWN'].includes(alert))
