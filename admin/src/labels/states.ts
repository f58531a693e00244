/** Labels for the states of licenses and emails. */

export type Tone = 'success' | 'info' | 'warning' | 'danger' | 'neutral'

export interface Status {
  readonly label: string
  readonly tone: Tone
  /** Replaces the symbol of the tone. */
  readonly symbol?: string
  readonly description: string
}

const LICENSE_STATES: Readonly<Record<string, Status>> = {
  active: { label: 'Active', tone: 'success', description: 'Valid and paid' },
  canceling: {
    label: 'Canceling',
    tone: 'info',
    symbol: '◐',
    description: 'Valid until it expires; does not renew',
  },
  grace: {
    label: 'Grace period',
    tone: 'warning',
    symbol: '◔',
    description: 'Valid, but the renewal has not been paid',
  },
  pending: {
    label: 'Pending',
    tone: 'neutral',
    symbol: '○',
    description: 'The payment is not confirmed yet',
  },
  expired: { label: 'Expired', tone: 'neutral', description: 'Expired and not renewed' },
  suspended: { label: 'Suspended', tone: 'warning', description: 'Temporarily disabled' },
  revoked: {
    label: 'Revoked',
    tone: 'danger',
    description: 'Disabled by an admin, a refund or a dispute',
  },
}

const unknown = (label: string): Status => ({
  label,
  tone: 'neutral',
  symbol: '?',
  description: label,
})

export function describeState(state: string, isTrial = false): Status {
  const status = LICENSE_STATES[state] ?? unknown(state)
  return isTrial ? { ...status, label: 'Trial' } : status
}

const EMAIL_STATES: Readonly<Record<string, Status>> = {
  waiting: { label: 'Queued', tone: 'neutral', symbol: '○', description: 'Not sent yet' },
  sent: { label: 'Sent', tone: 'info', description: 'Accepted by Amazon SES' },
  delivered: {
    label: 'Delivered',
    tone: 'success',
    description: 'Accepted by the recipient’s mail server',
  },
  bounced: {
    label: 'Bounced',
    tone: 'danger',
    description: 'Rejected by the recipient’s mail server',
  },
  complained: {
    label: 'Marked as spam',
    tone: 'danger',
    description: 'The recipient marked it as spam',
  },
  failed: { label: 'Failed', tone: 'danger', description: 'Could not be sent' },
  suppressed: {
    label: 'Suppressed',
    tone: 'warning',
    description: 'Not sent: earlier emails to this address bounced or were marked as spam',
  },
  skipped: {
    label: 'Skipped',
    tone: 'neutral',
    description: 'Not sent, because it was not needed',
  },
  uncertain: {
    label: 'Unconfirmed',
    tone: 'warning',
    symbol: '?',
    description: 'The result is unknown; it may have been sent once, twice or not at all',
  },
}

export const describeEmailState = (state: string): Status => EMAIL_STATES[state] ?? unknown(state)

const EMAIL_KINDS: Readonly<Record<string, string>> = {
  issued: 'License key',
  reissued: 'New license key',
  payment_failed: 'Payment failed',
  renewed: 'License renewed',
  canceled: 'Subscription canceled',
  revoked: 'License revoked',
  expiring_7: 'Expires in 7 days',
  expiring_1: 'Expires in 1 day',
}

export const emailKindLabel = (kind: string) => EMAIL_KINDS[kind] ?? kind

/** Returns true for states after which no more emails are sent to the address. */
export const isUndeliverable = (state: string) =>
  state === 'bounced' || state === 'complained' || state === 'suppressed'
