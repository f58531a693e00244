/** The states of a license and of a mail: what each is called, means and looks like. */

export type Tone = 'good' | 'note' | 'warn' | 'bad' | 'quiet'

interface StatusText {
  readonly label: string
  readonly tone: Tone
  /** A sign besides the color, for whoever does not see it. */
  readonly sign: string
  readonly means: string
}

const STATES: Readonly<Record<string, StatusText>> = {
  active: { label: 'Active', tone: 'good', sign: '●', means: 'Good, and paid for' },
  canceling: {
    label: 'Canceling',
    tone: 'note',
    sign: '◐',
    means: 'Good until its end, then over',
  },
  grace: { label: 'In grace', tone: 'warn', sign: '◔', means: 'Good for now; a renewal failed' },
  pending: {
    label: 'Pending',
    tone: 'quiet',
    sign: '○',
    means: 'The payment is not confirmed yet',
  },
  expired: { label: 'Expired', tone: 'quiet', sign: '–', means: 'It has ended' },
  suspended: { label: 'Suspended', tone: 'warn', sign: '‖', means: 'Refused for the time being' },
  revoked: {
    label: 'Revoked',
    tone: 'bad',
    sign: '✕',
    means: 'Ended by a person, refund or dispute',
  },
}

export const describeState = (state: string): StatusText =>
  STATES[state] ?? { label: state, tone: 'quiet', sign: '?', means: state }

const EMAIL_STATES: Readonly<Record<string, StatusText>> = {
  waiting: { label: 'Waiting', tone: 'quiet', sign: '○', means: 'Not sent yet' },
  sent: { label: 'Sent', tone: 'note', sign: '➝', means: 'Handed to SES' },
  delivered: { label: 'Delivered', tone: 'good', sign: '●', means: 'The provider took it' },
  bounced: { label: 'Bounced', tone: 'bad', sign: '✕', means: 'It came back' },
  complained: { label: 'Called spam', tone: 'bad', sign: '✕', means: 'The reader called it spam' },
  failed: { label: 'Failed', tone: 'bad', sign: '✕', means: 'It can never be sent' },
  suppressed: {
    label: 'Held back',
    tone: 'warn',
    sign: '‖',
    means: 'Mails to this address bounced or were called spam before',
  },
  skipped: { label: 'Skipped', tone: 'quiet', sign: '–', means: 'There was nobody to tell' },
  uncertain: {
    label: 'Uncertain',
    tone: 'warn',
    sign: '?',
    means: 'Sent once or twice, or not at all',
  },
}

export const describeEmailState = (state: string): StatusText =>
  EMAIL_STATES[state] ?? { label: state, tone: 'quiet', sign: '?', means: state }

const EMAIL_KINDS: Readonly<Record<string, string>> = {
  issued: 'The key',
  reissued: 'The new key',
  payment_failed: 'The payment failed',
  renewed: 'It was renewed',
  canceled: 'The subscription was canceled',
  revoked: 'The license has ended',
  expiring_7: 'It ends in seven days',
  expiring_1: 'It ends in one day',
}

export const emailKindLabel = (kind: string) => EMAIL_KINDS[kind] ?? kind

/** States after which nothing is sent to the address any more. */
export const isUndeliverable = (state: string) =>
  state === 'bounced' || state === 'complained' || state === 'suppressed'
