/** What each mail says. Data in, words out: how they look is the frame's business. */

import type { Catalog, Tier } from '../catalog/schema.ts'
import type { LicenseKey, LicenseState, NoticeKind } from '../license/index.ts'

interface Fact {
  readonly label: string
  readonly value: string
}

export interface RecoveredKey {
  readonly key: LicenseKey
  /** What tells it from others, where there are several. */
  readonly about?: string
}

export interface MessageContent {
  readonly subject: string
  /** What an inbox shows beside the subject. */
  readonly preview: string
  readonly title: string
  readonly paragraphs: readonly string[]
  readonly keys?: readonly RecoveredKey[]
  readonly facts?: readonly Fact[]
  /** What stands below the facts. */
  readonly more?: readonly string[]
  readonly button?: { readonly label: string; readonly url: string }
  /** Why somebody gets it. */
  readonly reason: string
}

/** What a letter is about. All moments are milliseconds since the epoch. */
export interface MessageData {
  readonly key: LicenseKey
  readonly userId: string | null
  readonly tier: Tier
  readonly seats: number
  readonly state: LicenseState
  /** Null for never. */
  readonly expiresAt: number | null
  /** Whether it goes on by itself when it ends. */
  readonly isRenewed: boolean
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
/** Of a day in UTC, which whoever reads it may take for his own. */
const dayOf = (ms: number) => DAY.format(ms)

function factsOf({ tier, userId, seats, expiresAt, isRenewed }: MessageData): Fact[] {
  const until = expiresAt === null ? 'For ever' : dayOf(expiresAt)
  return [
    { label: 'Plan', value: tier.label },
    { label: isRenewed ? 'Renews on' : 'Valid until', value: until },
    { label: 'Devices', value: `${seats}` },
    ...(userId === null ? [] : [{ label: 'Account', value: userId }]),
  ]
}

const SOLD = 'You get this mail because a license was bought with this address.'

/** The words of a notice, or undefined where the catalog does not want it sent. */
export function buildMessage(
  kind: NoticeKind,
  about: MessageData,
  { productName, mail }: Catalog,
): MessageContent | undefined {
  const { tier, expiresAt } = about
  const { howToActivate, links } = mail
  const plan = `${productName} ${tier.label}`
  const end = expiresAt === null ? '' : dayOf(expiresAt)
  const facts = factsOf(about)
  const open = { label: `Open ${productName}`, url: links.app }
  const renew = { label: 'Renew', url: links.renew }
  const highlights =
    tier.highlights.length > 0 ? [`It unlocks: ${tier.highlights.join(', ')}.`] : []
  switch (kind) {
    case 'issued':
      return {
        subject: `Your ${plan} license key`,
        preview: 'Keep this mail: it has your key.',
        title: 'Here is your license key',
        paragraphs: [`Thank you for choosing ${plan}.`],
        keys: [{ key: about.key }],
        facts,
        more: [...highlights, howToActivate],
        button: open,
        reason: SOLD,
      }
    case 'reissued':
      return {
        subject: `Your new ${plan} license key`,
        preview: 'It takes the place of the one you had.',
        title: 'You have a new license key',
        paragraphs: [
          'This key takes the place of the one you had, which stops working. Nothing else about your license has changed.',
        ],
        keys: [{ key: about.key }],
        facts,
        more: [howToActivate],
        button: open,
        reason: SOLD,
      }
    case 'payment_failed':
      return {
        subject: `Your payment for ${plan} failed`,
        preview: end ? `Your license goes on until ${end}.` : 'Please update your card.',
        title: 'Your payment failed',
        paragraphs: [
          `We could not collect the payment for ${plan}.`,
          ...(end
            ? [`Your license goes on until ${end}. Update your card until then to keep it.`]
            : []),
        ],
        facts: facts.filter(({ label }) => label === 'Plan' || label === 'Account'),
        button: { label: 'Update your card', url: links.billing },
        reason: SOLD,
      }
    case 'renewed':
      if (!mail.sendsRenewals) return
      return {
        subject: `Your ${plan} license was renewed`,
        preview: 'Thank you. Your key stays the same.',
        title: 'Your license was renewed',
        paragraphs: ['Thank you. Your key stays the same, and there is nothing for you to do.'],
        facts,
        reason: SOLD,
      }
    case 'canceled':
      return {
        subject: `Your ${plan} subscription was canceled`,
        preview: end ? `You can use it until ${end}.` : 'Come back whenever you like.',
        title: 'Your subscription was canceled',
        paragraphs: [
          end ? `You can use ${plan} until ${end}.` : `Your ${plan} license has ended.`,
          'You can come back whenever you like.',
        ],
        button: { label: 'Come back', url: links.billing },
        reason: SOLD,
      }
    case 'revoked':
      return {
        subject: `Your ${plan} license has ended`,
        preview: 'Its key does not work any more.',
        title: 'Your license has ended',
        paragraphs: [
          `Your payment for ${plan} was returned to you or your license was revoked, so its key does not work any more.`,
          'If you think that this is a mistake, please write to us.',
        ],
        reason: SOLD,
      }
    case 'expiring_7':
    case 'expiring_1':
      return {
        subject: `Your ${plan} license ends on ${end}`,
        preview: 'Renew it to go on without a break.',
        title: `Your license ends on ${end}`,
        paragraphs: [
          `Your ${plan} license does not renew by itself. Renew it to go on without a break.`,
        ],
        facts,
        button: renew,
        reason: SOLD,
      }
  }
}

/** The words for somebody who asked for the keys of an address. */
export function buildRecoveryMessage(
  keys: readonly RecoveredKey[],
  { productName, mail }: Catalog,
): MessageContent {
  const many = keys.length > 1
  return {
    subject: `Your ${productName} license key${many ? 's' : ''}`,
    preview: 'As you asked.',
    title: many ? 'Here are your license keys' : 'Here is your license key',
    paragraphs: [`Somebody, probably you, asked for the ${productName} licenses of this address.`],
    keys,
    more: [mail.howToActivate],
    button: { label: `Open ${productName}`, url: mail.links.app },
    reason: 'If it was not you, nothing has happened: only you have got this mail.',
  }
}
