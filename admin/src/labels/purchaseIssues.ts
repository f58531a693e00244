/** Explains why a purchase has no license, or needs a review, and how to resolve it. */

interface IssueText {
  readonly description: string
  readonly resolution: string
}

const ISSUE_A_LICENSE = 'Find out which tier was sold, then issue a license for this payment.'
const ADD_STRIPE_KEY =
  'Add a Stripe API key to the Stripe secret, then resend the event from Stripe.'
const NO_STRIPE_KEY = 'The line items could not be retrieved from Stripe.'

const ISSUES: Readonly<Record<string, IssueText>> = {
  TIER_MISSING: {
    description: 'The purchase does not specify a tier.',
    resolution: ISSUE_A_LICENSE,
  },
  TIER_UNKNOWN: {
    description: 'The purchase specifies a tier that is not in the catalog.',
    resolution: ISSUE_A_LICENSE,
  },
  PRICE_UNKNOWN: {
    description: 'The price that was paid is not in the catalog.',
    resolution:
      'Add the price to the catalog, deploy, and resend the event from Stripe; or issue a license for this payment.',
  },
  PRICE_MISSING: { description: NO_STRIPE_KEY, resolution: ADD_STRIPE_KEY },
  LINE_ITEMS_MISSING: { description: NO_STRIPE_KEY, resolution: ADD_STRIPE_KEY },
  INVOICE_LINES_MISSING: {
    description:
      'The event contains only part of the invoice lines, so the period may be incomplete.',
    resolution: ADD_STRIPE_KEY,
  },
  TIER_MISMATCH: {
    description: 'The metadata names a different tier than the price. The price was used.',
    resolution: 'Fix the server that creates the Checkout sessions.',
  },
  LICENSE_CONFLICT: {
    description:
      'This payment already has a license with a different user or tier. It was not changed.',
    resolution: 'Compare the license with the payment and decide which one is right.',
  },
  SUBSCRIPTION_UNSETTLED: {
    description:
      'Two subscription updates have the same timestamp, and their order could not be retrieved from Stripe.',
    resolution:
      'If the subscription is active, do nothing. Otherwise resend its latest event from Stripe.',
  },
}

export const describeIssue = (code: string): IssueText =>
  ISSUES[code] ?? { description: code, resolution: 'See the documentation of Stripe purchases.' }

/** Returns true if issuing a license resolves one of the issues. */
export const canIssueLicense = (codes: readonly string[]) =>
  codes.some((code) => ['TIER_MISSING', 'TIER_UNKNOWN', 'PRICE_UNKNOWN'].includes(code))
