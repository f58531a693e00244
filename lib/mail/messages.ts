/** The contents of each email. The layout is applied by `renderMail`. */

import type { Catalog, Tier } from '../catalog/schema.ts'
import type { LicenseKey, LicenseState, Notice } from '../license/index.ts'

interface Fact {
  readonly label: string
  readonly value: string
}

interface DisplayedKey {
  readonly key: LicenseKey
  /** A description, if there are several keys. */
  readonly about?: string
}

export interface MessageContent {
  readonly subject: string
  /** Shown next to the subject in an inbox. */
  readonly preview: string
  readonly title: string
  readonly paragraphs: readonly string[]
  readonly keys?: readonly DisplayedKey[]
  readonly facts?: readonly Fact[]
  /** Paragraphs below the facts. */
  readonly more?: readonly string[]
  readonly button?: { readonly label: string; readonly url: string }
  /** Explains to the recipient why this email was sent. */
  readonly reason: string
}

/** The license that an email is about. */
export interface MessageData {
  /** Called only for emails that show the key: a missing master key must not block the others. */
  readonly getKey: () => LicenseKey
  readonly userId: string | null
  readonly tier: Tier
  readonly seats: number
  readonly state: LicenseState
  /** Milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null
  readonly renews: boolean
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

function listFacts({ tier, userId, seats, expiresAt, renews }: MessageData): Fact[] {
  const expiry =
    expiresAt === null
      ? { label: 'Expires', value: 'Never' }
      : { label: renews ? 'Renews on' : 'Expires on', value: DAY.format(expiresAt) }
  return [
    { label: 'Plan', value: tier.label },
    expiry,
    { label: 'Devices', value: `${seats}` },
    ...(userId === null ? [] : [{ label: 'Account', value: userId }]),
  ]
}

const PURCHASED = 'You received this email because a license was purchased with this address.'

/** Builds the message of a notice, or returns undefined if the catalog disables it. */
export function buildMessage(
  kind: Notice['kind'],
  data: MessageData,
  { productName, mail }: Catalog,
): MessageContent | undefined {
  if (kind === 'renewed' && !mail.sendsRenewals) return
  return { reason: PURCHASED, ...contentOf(kind, data, productName, mail) }
}

function contentOf(
  kind: Notice['kind'],
  data: MessageData,
  productName: string,
  { howToActivate, links }: Catalog['mail'],
): Omit<MessageContent, 'reason'> {
  const { tier, expiresAt, getKey } = data
  const plan = `${productName} ${tier.label}`
  const end = expiresAt === null ? '' : DAY.format(expiresAt)
  const facts = listFacts(data)
  const button = { label: `Open ${productName}`, url: links.app }
  switch (kind) {
    case 'issued': {
      const { highlights } = tier
      return {
        subject: `Your ${plan} license key`,
        preview: 'Keep this email: it contains your key.',
        title: 'Your license key',
        paragraphs: [`Thank you for choosing ${plan}.`],
        keys: [{ key: getKey() }],
        facts,
        more: [
          ...(highlights.length > 0 ? [`Your plan includes: ${highlights.join(', ')}.`] : []),
          howToActivate,
        ],
        button,
      }
    }
    case 'reissued':
      return {
        subject: `Your new ${plan} license key`,
        preview: 'It replaces your previous key.',
        title: 'Your new license key',
        paragraphs: [
          'This key replaces your previous one, which will stop working. Nothing else about your license has changed.',
        ],
        keys: [{ key: getKey() }],
        facts,
        more: [howToActivate],
        button,
      }
    case 'payment_failed':
      return {
        subject: `Your payment for ${plan} failed`,
        preview: end ? `Your license is valid until ${end}.` : 'Please update your card.',
        title: 'Your payment failed',
        paragraphs: [
          `We could not collect the payment for ${plan}.`,
          ...(end
            ? [`Your license is valid until ${end}. To keep it, update your card before then.`]
            : []),
        ],
        facts: facts.filter(({ label }) => label === 'Plan' || label === 'Account'),
        button: { label: 'Update your card', url: links.billing },
      }
    case 'renewed':
      return {
        subject: `Your ${plan} license was renewed`,
        preview: 'Thank you. Your key stays the same.',
        title: 'Your license was renewed',
        paragraphs: ['Thank you. Your key stays the same; you do not need to do anything.'],
        facts,
      }
    case 'canceled':
      return {
        subject: `Your ${plan} subscription was canceled`,
        preview: end ? `You can use it until ${end}.` : 'You can subscribe again at any time.',
        title: 'Your subscription was canceled',
        paragraphs: [
          end ? `You can use ${plan} until ${end}.` : `Your ${plan} license has expired.`,
          'You can subscribe again at any time.',
        ],
        button: { label: 'Subscribe again', url: links.billing },
      }
    case 'revoked':
      return {
        subject: `Your ${plan} license is no longer valid`,
        preview: 'Its key no longer works.',
        title: 'Your license is no longer valid',
        paragraphs: [
          `Your payment for ${plan} was returned to you or your license was revoked, so its key no longer works.`,
          'If you think this is a mistake, please contact us.',
        ],
      }
    case 'expiring_7':
    case 'expiring_1':
      return {
        subject: `Your ${plan} license expires on ${end}`,
        preview: 'Renew it to avoid an interruption.',
        title: `Your license expires on ${end}`,
        paragraphs: [
          `Your ${plan} license does not renew automatically. Renew it to avoid an interruption.`,
        ],
        facts,
        button: { label: 'Renew', url: links.renew },
      }
  }
}

/** Builds the email that lists every license key of an address. */
export function buildRecoveryMessage(
  keys: readonly DisplayedKey[],
  { productName, mail }: Catalog,
): MessageContent {
  const noun = keys.length > 1 ? 'license keys' : 'license key'
  return {
    subject: `Your ${productName} ${noun}`,
    preview: `The ${noun} you requested.`,
    title: `Your ${noun}`,
    paragraphs: [`We received a request for the ${productName} licenses of this address.`],
    keys,
    more: [mail.howToActivate],
    button: { label: `Open ${productName}`, url: mail.links.app },
    reason: 'If you did not request this, you can ignore this email; it was sent only to you.',
  }
}
