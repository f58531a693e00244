import type { LicenseId, Notice } from '../license/index.ts'

/** What became of a notice. */
type DeliveryState =
  /** Not sent yet, or being sent. */
  | 'waiting'
  | 'sent'
  /** The provider of the address took it. */
  | 'delivered'
  /** The provider of the address gave it back. */
  | 'bounced'
  /** Whoever got it called it spam. */
  | 'complained'
  /** It can never be sent: `detail` says why. */
  | 'failed'
  /** Mails to this address bounced or were called spam, so none is sent. */
  | 'suppressed'
  /** Nothing is sent: nobody's address is known, or the catalog wants none. */
  | 'skipped'
  /** The function ended twice in the middle of it. It was sent once or twice, or not at all. */
  | 'uncertain'

/** One notice of a license. */
export interface NoticeRef {
  readonly licenseId: LicenseId
  readonly kind: Notice['kind']
  readonly period: string
}

export interface Delivery extends NoticeRef {
  readonly state: DeliveryState
  /** When it was to be told, and when its state was last changed: milliseconds since the epoch. */
  readonly at: number
  readonly changedAt: number | null
  readonly detail: string | null
}

/** What became of a notice that was taken, or that there was no need to take. */
export interface Outcome {
  readonly state: DeliveryState
  readonly detail?: string
  /** The provider's id of the message. */
  readonly messageId?: string
}

/** What mails there are to send. Every method throws `StoreUnavailable` when the database cannot answer. */
export interface Outbox {
  /** Writes a notice, unless there is one of its kind and period. */
  add(licenseId: LicenseId, notice: Notice): Promise<void>
  /**
   * Takes a notice to send it. `over`: nothing is left to do. `uncertain`: it was taken twice, and nobody said what
   * became of it; nothing more is done. `busy`: somebody else is at it, or ended in the middle
   * less than a minute ago.
   */
  take(notice: NoticeRef, now: number): Promise<'taken' | 'over' | 'busy' | 'uncertain'>
  /** Puts back what was taken and certainly not sent. */
  putBack(notice: NoticeRef): Promise<void>
  /** Says what became of it. */
  close(notice: NoticeRef, outcome: Outcome, now: number): Promise<void>
  /** What was heard of it after it was sent; a bounce or complaint stays. */
  report(
    notice: NoticeRef,
    state: 'delivered' | 'bounced' | 'complained',
    at: number,
  ): Promise<void>
  /** All notices of a license. */
  list(licenseId: LicenseId): Promise<readonly Delivery[]>
  /** That nothing is sent to an address any more. */
  suppress(address: string, why: 'bounced' | 'complained', at: number): Promise<void>
  /** That mails may be sent to an address again. */
  allow(address: string): Promise<void>
  isSuppressed(address: string): Promise<boolean>
  /** Takes note that somebody asked for the keys of an address: three times within any hour, and no more often. */
  recover(address: string, now: number): Promise<void>
}
