import type { LicenseId, Notice } from '../license/index.ts'

type DeliveryState =
  /** Not sent yet, or being sent. */
  | 'waiting'
  | 'sent'
  /** Accepted by the recipient's mail server. */
  | 'delivered'
  | 'bounced'
  /** Reported as spam by the recipient. */
  | 'complained'
  /** Can never be sent; `detail` has the reason. */
  | 'failed'
  /** Not sent because earlier emails to this address bounced or were reported as spam. */
  | 'suppressed'
  /** Not sent because there is no valid address, or the catalog disables it. */
  | 'skipped'
  /** Two attempts were interrupted, so the email was sent twice, once or never. */
  | 'uncertain'

/** Identifies one notice of a license. */
export interface NoticeRef {
  readonly licenseId: LicenseId
  readonly kind: Notice['kind']
  readonly period: string
}

export interface Delivery extends NoticeRef {
  readonly state: DeliveryState
  /** Creation time, in milliseconds since the epoch. */
  readonly at: number
  /** Time of the last change of state, in milliseconds since the epoch. */
  readonly changedAt: number | null
  readonly detail: string | null
}

/** The result of processing a notice. */
export interface Outcome {
  readonly state: DeliveryState
  readonly detail?: string
  /** The provider's id of the message. */
  readonly messageId?: string
}

/** Notices to send as emails. Every method throws `StoreUnavailable` when the database cannot be reached. */
export interface Outbox {
  /** Adds a notice, unless one of its kind and period exists. */
  add(licenseId: LicenseId, notice: Notice): Promise<void>
  /**
   * Claims a notice in order to send it.
   *
   * - `over`: it is already closed.
   * - `uncertain`: two earlier claims were never closed; the notice is closed without another attempt.
   * - `busy`: it was claimed less than a minute ago.
   */
  claim(notice: NoticeRef, now: number): Promise<'claimed' | 'over' | 'busy' | 'uncertain'>
  /** Releases a claimed notice that was certainly not sent. */
  release(notice: NoticeRef): Promise<void>
  close(notice: NoticeRef, outcome: Outcome, now: number): Promise<void>
  /** Records what the provider reported after sending. A bounce or complaint is final. */
  report(
    notice: NoticeRef,
    state: 'delivered' | 'bounced' | 'complained',
    at: number,
  ): Promise<void>
  list(licenseId: LicenseId): Promise<readonly Delivery[]>
  /** Stops all emails to an address. */
  suppress(address: string, why: 'bounced' | 'complained', at: number): Promise<void>
  /** Allows emails to a suppressed address again. */
  allow(address: string): Promise<void>
  isSuppressed(address: string): Promise<boolean>
  /** Records a request for the keys of an address. Ignores more than three requests per hour. */
  recover(address: string, now: number): Promise<void>
}
