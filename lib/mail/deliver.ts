/** How a notice becomes a mail: once, or at the worst twice, and never not at all while it can be sent. */

import * as z from 'zod/mini'
import type { Catalog } from '../catalog/schema.ts'
import { findTier } from '../catalog/tier.ts'
import {
  evaluate,
  type Keys,
  type License,
  type LicenseStore,
  listLicenses,
  rederiveKey,
  Unavailable,
  validUntil,
} from '../license/index.ts'
import { buildMessage, buildRecoveryMessage, type MessageData } from './messages.ts'
import type { NoticeRef, Outbox, Outcome } from './outbox.ts'
import { type Mail, renderMail } from './render.ts'

interface Addressed extends Mail {
  readonly to: string
  /** The same for the same mail, however often it is sent. */
  readonly ref: string
  readonly notice?: NoticeRef
}

/** Whoever sends mails. */
export interface Mailer {
  /**
   * @returns the provider's id of the message
   * @throws MailRefused when this very mail can never be sent
   * @throws MailUnavailable when it can be sent later
   */
  send(mail: Addressed): Promise<string>
}

/** This mail cannot be sent, whenever it is tried. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused'
}

/** The provider cannot take mails just now. */
export class MailUnavailable extends Unavailable {
  override readonly name = 'MailUnavailable'
}

/** Somebody else is sending it, or has just ended in the middle. */
class Busy extends Unavailable {
  override readonly name = 'Busy'
}

export interface DeliveryContext {
  readonly store: Pick<LicenseStore, 'find' | 'list'>
  readonly outbox: Outbox
  /** Undefined where no sender is configured: then nothing is sent. */
  readonly mailer: Mailer | undefined
  readonly catalog: Catalog
  readonly keys: Keys
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Addresses of Stripe's are as their customers typed them. */
const addressSchema = z.string().check(z.maxLength(254), z.regex(z.regexes.unicodeEmail))

/**
 * Sends the mail of a notice. All that can fail before it comes first; then the notice is taken, and closed once it is
 * sent. Whoever ends in between leaves it to be sent once more, and no more than once.
 *
 * @returns what became of it
 * @throws Unavailable to be called again later
 */
export async function deliver(context: DeliveryContext, notice: NoticeRef): Promise<string> {
  const { outbox, mailer, now } = context
  const close = async (outcome: Outcome) => {
    await outbox.close(notice, outcome, now)
    return outcome.state
  }
  const mail = await mailOf(context, notice)
  if (typeof mail === 'string') return close({ state: 'skipped', detail: mail })
  if (!mailer) return close({ state: 'skipped', detail: 'No sender is configured' })
  if (await outbox.isSuppressed(mail.to)) return close({ state: 'suppressed' })

  const taken = await outbox.take(notice, now)
  if (taken === 'busy') throw new Busy('A notice is being sent already')
  if (taken !== 'taken') return taken
  try {
    return await close({ state: 'sent', messageId: await mailer.send(mail) })
  } catch (error) {
    if (error instanceof MailRefused) return close({ state: 'failed', detail: error.message })
    if (error instanceof MailUnavailable) await outbox.putBack(notice)
    throw error
  }
}

/** The mail of a notice, or why there is none. */
async function mailOf(
  { store, catalog, keys, now }: DeliveryContext,
  notice: NoticeRef,
): Promise<Addressed | string> {
  const license = await store.find(notice.licenseId)
  const to = license?.userEmail
  if (!license || !to) return 'No address is known'
  if (!z.safeParse(addressSchema, to).success) return 'The address is none'
  if (isOutdated(notice, license, now)) return 'It is not so any more'
  const about = subjectOf(license, catalog, keys, now)
  const letter = about && buildMessage(notice.kind, about, catalog)
  if (!letter) return 'The catalog wants none'
  const { licenseId, kind, period } = notice
  return { ...renderMail(letter, catalog), to, ref: `${licenseId}/${kind}/${period}`, notice }
}

/** Whether what was to be told has changed since, while the mail waited. */
function isOutdated({ kind, period }: NoticeRef, { facts }: License, now: number): boolean {
  const { status, cancelAt } = facts.billing
  switch (kind) {
    case 'issued':
    case 'reissued':
      return evaluate(facts, now).state === 'revoked'
    case 'payment_failed':
      return status !== 'past_due'
    case 'canceled':
      return cancelAt === undefined && status !== 'ended'
    case 'expiring_7':
    case 'expiring_1':
      return period !== `${validUntil(facts)}`
    case 'revoked':
    case 'renewed':
      return false
  }
}

function subjectOf(
  license: License,
  catalog: Catalog,
  keys: Keys,
  now: number,
): MessageData | undefined {
  const tier = findTier(catalog, license.tier) ?? findTier(catalog, catalog.fallbackTier)
  if (!tier) return
  const { state, expiresAt } = evaluate(license.facts, now)
  const { graceUntil, cancelAt } = license.facts.billing
  const { userId, seats } = license
  return {
    // Made only for a mail that shows it: no other needs a master key that is gone.
    get key() {
      return rederiveKey(license, keys)
    },
    userId,
    tier,
    seats,
    state,
    expiresAt,
    isRenewed: graceUntil !== undefined && cancelAt === undefined,
  }
}

/** More licenses than a mail should hold; whoever has more has somebody to ask. */
const MAX_RECOVERED = 50

/**
 * Sends the keys of an address to that address, as it stands on the licenses: what was typed may only look like it.
 *
 * @returns how many mails were sent
 * @throws Unavailable to be called again later
 */
export async function recover(
  context: DeliveryContext,
  { address, at }: { readonly address: string; readonly at: number },
): Promise<number> {
  const { store, outbox, mailer, catalog, keys, now } = context
  const { licenses } = await listLicenses({ store, now }, { userEmail: address }, MAX_RECOVERED)
  const byAddress = Map.groupBy(licenses, ({ userEmail }) => userEmail ?? '')
  let sent = 0
  for (const [to, owned] of byAddress) {
    if (!mailer || !z.safeParse(addressSchema, to).success) continue
    if (await outbox.isSuppressed(to)) continue
    const shown = owned.map((license) => {
      const label = findTier(catalog, license.tier)?.label ?? license.tier
      const { state } = evaluate(license.facts, now)
      return { key: rederiveKey(license, keys), about: `${label}, ${state}` }
    })
    const mail = renderMail(buildRecoveryMessage(shown, catalog), catalog)
    await mailer.send({ ...mail, to, ref: `recovery/${to}/${at}` })
    sent++
  }
  return sent
}
