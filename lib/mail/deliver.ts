/** Sends notices as emails. Each is sent once, or twice if an invocation is interrupted. */

import * as z from 'zod/mini'
import type { Catalog } from '../catalog/schema.ts'
import { findTier } from '../catalog/tier.ts'
import {
  evaluate,
  type Keys,
  type License,
  listLicenses,
  rederiveKey,
  validUntil,
} from '../license/index.ts'
import { type LicenseStore, Unavailable } from '../license/store.ts'
import { buildMessage, buildRecoveryMessage, type MessageData } from './messages.ts'
import type { NoticeRef, Outbox, Outcome } from './outbox.ts'
import { type Mail, renderMail } from './render.ts'

interface Addressed extends Mail {
  readonly to: string
  /** Identifies the email; the same for each attempt to send it. */
  readonly ref: string
  readonly notice?: NoticeRef
}

export interface Mailer {
  /**
   * @returns the provider's id of the message
   * @throws MailRefused if this email can never be sent
   * @throws MailUnavailable if it can be sent later
   */
  send(mail: Addressed): Promise<string>
}

/** The provider rejects this email permanently. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused'
}

/** The provider is temporarily unavailable. */
export class MailUnavailable extends Unavailable {
  override readonly name = 'MailUnavailable'
}

/** Another invocation is sending the email, or was interrupted less than a minute ago. */
class Busy extends Unavailable {
  override readonly name = 'Busy'
}

export interface DeliveryContext {
  readonly store: Pick<LicenseStore, 'find' | 'list'>
  readonly outbox: Outbox
  /** Undefined if no sender is configured; nothing is sent then. */
  readonly mailer: Mailer | undefined
  readonly catalog: Catalog
  readonly keys: Keys
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Stripe does not validate the addresses that customers enter. */
const addressSchema = z.string().check(z.maxLength(254), z.regex(z.regexes.unicodeEmail))

/**
 * Sends the email of a notice. The notice is claimed before and closed after sending. If an invocation is interrupted in
 * between, the email is sent once more, and then no further.
 *
 * @returns the resulting state
 * @throws Unavailable if the call must be retried later
 */
export async function deliver(context: DeliveryContext, notice: NoticeRef): Promise<string> {
  const { outbox, mailer, now } = context
  const close = async (outcome: Outcome) => {
    await outbox.close(notice, outcome, now)
    return outcome.state
  }
  const mail = await prepareMail(context, notice)
  if (typeof mail === 'string') return close({ state: 'skipped', detail: mail })
  if (!mailer) return close({ state: 'skipped', detail: 'No sender configured' })
  if (await outbox.isSuppressed(mail.to)) return close({ state: 'suppressed' })

  const claim = await outbox.claim(notice, now)
  if (claim === 'busy') throw new Busy('The notice is already being sent')
  if (claim !== 'claimed') return claim
  try {
    return await close({ state: 'sent', messageId: await mailer.send(mail) })
  } catch (error) {
    if (error instanceof MailRefused) return close({ state: 'failed', detail: error.message })
    if (error instanceof MailUnavailable) await outbox.release(notice)
    throw error
  }
}

/** Returns the email of a notice, or the reason why none is sent. */
async function prepareMail(
  { store, catalog, keys, now }: DeliveryContext,
  notice: NoticeRef,
): Promise<Addressed | string> {
  const license = await store.find(notice.licenseId)
  const to = license?.userEmail
  if (!license || !to) return 'No email address'
  if (!z.safeParse(addressSchema, to).success) return 'Invalid email address'
  if (isOutdated(notice, license, now)) return 'No longer applies'
  const data = toMessageData(license, catalog, keys, now)
  const content = data && buildMessage(notice.kind, data, catalog)
  if (!content) return 'Disabled in the catalog'
  const { licenseId, kind, period } = notice
  return { ...renderMail(content, catalog), to, ref: `${licenseId}/${kind}/${period}`, notice }
}

/** Returns true if the license changed after the notice was created, so that it no longer applies. */
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

function toMessageData(
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
    getKey: () => rederiveKey(license, keys),
    userId,
    tier,
    seats,
    state,
    expiresAt,
    renews: graceUntil !== undefined && cancelAt === undefined,
  }
}

/** Limits the length of an email. Customers with more licenses can contact support. */
const MAX_RECOVERED = 50

/**
 * Emails the license keys of an address. They are sent to the address as spelled on the licenses, because the entered
 * address may only look the same.
 *
 * @returns the number of emails sent
 * @throws Unavailable if the call must be retried later
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
