/** Labels for the states of licenses and emails. */

export type Tone = 'success' | 'info' | 'warning' | 'danger' | 'neutral'

export interface Status {
  readonly label: string
  readonly tone: Tone
  /** Replaces the symbol of the tone. */
  readonly symbol?: string
  readonly description: string
}

const status = (label: string, tone: Tone, description: string, symbol?: string): Status => ({
  label,
  tone,
  description,
  ...(symbol !== undefined && { symbol }),
})

const unknown = (state: string) => status(state, 'neutral', state, '?')

const LICENSE_STATES: Readonly<Record<string, Status>> = {
  active: status('Active', 'success', 'Valid and paid'),
  canceling: status('Canceling', 'info', 'Valid until it expires; does not renew', '◐'),
  grace: status('Grace period', 'warning', 'Valid, but the renewal has not been paid', '◔'),
  pending: status('Pending', 'neutral', 'The payment is not confirmed yet', '○'),
  expired: status('Expired', 'neutral', 'Expired and not renewed'),
  suspended: status('Suspended', 'warning', 'Temporarily disabled'),
  revoked: status('Revoked', 'danger', 'Disabled by an admin, a refund or a dispute'),
}

export function describeState(state: string, isTrial = false): Status {
  const known = LICENSE_STATES[state] ?? unknown(state)
  return isTrial ? { ...known, label: 'Trial' } : known
}

const EMAIL_STATES: Readonly<Record<string, Status>> = {
  waiting: status('Queued', 'neutral', 'Not sent yet', '○'),
  sent: status('Sent', 'info', 'Accepted by Amazon SES'),
  delivered: status('Delivered', 'success', 'Accepted by the recipient’s mail server'),
  bounced: status('Bounced', 'danger', 'Rejected by the recipient’s mail server'),
  complained: status('Marked as spam', 'danger', 'The recipient marked it as spam'),
  failed: status('Failed', 'danger', 'Could not be sent'),
  suppressed: status(
    'Suppressed',
    'warning',
    'The address bounced or marked emails as spam before',
  ),
  skipped: status('Skipped', 'neutral', 'Not sent because it was not needed'),
  uncertain: status('Unconfirmed', 'warning', 'May have been sent once, twice or not at all', '?'),
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
