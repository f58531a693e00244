/** Whoever fails too often is not answered for a while: a guess that is not answered is worth nothing. */

import { createHmac, type KeyObject } from 'node:crypto'
import ipaddr from 'ipaddr.js'

/** How many failures are answered in how many minutes. */
export interface TryLimit {
  readonly failures: number
  readonly minutes: number
}

/** What is tried: the key of a license, an API token, or one more device for a license whose seats are taken. */
export type Tried = 'key' | 'token' | 'seat'

/** Counts what somebody failed at in one window of time. */
export interface Counter {
  /** Says nothing about whom it is of. */
  readonly id: string
  readonly limit: TryLimit
  /** The end of the window, in milliseconds since the epoch. */
  readonly until: number
  /** When it is asked for. */
  readonly at: number
  /** Seconds from then until the end, at least one. */
  readonly wait: number
}

/** What is kept of failures. Every method throws `StoreUnavailable` when the database cannot answer. */
export interface TryStore {
  /**
   * Counts a failure.
   *
   * @throws TooManyTries when it is one more than is answered
   */
  add(counter: Counter): Promise<void>
}

/** Somebody failed too often; says nothing about what was asked. */
export class TooManyTries extends Error {
  override readonly name = 'TooManyTries'
  readonly counter: Counter

  constructor(counter: Counter) {
    super('Too many failed tries')
    this.counter = counter
  }
}

/**
 * The counter of whoever tries something, an address or the id of a license, now. Windows begin at the same moments for
 * everybody, so one write counts and no job has to clean up.
 *
 * @param now milliseconds since the epoch
 */
export function counterOf(
  tried: Tried,
  who: string,
  { limit, pepper, now }: { limit: TryLimit; pepper: KeyObject; now: number },
): Counter {
  const window = limit.minutes * 60_000
  const until = (Math.floor(now / window) + 1) * window
  const hash = createHmac('sha256', pepper).update(`try:${who}`).digest('base64url')
  return {
    id: `${tried}#${hash}#${until / 1000}`,
    limit,
    until,
    at: now,
    wait: Math.ceil((until - now) / 1000),
  }
}

/** The groups of an IPv6 address that its owner was given; the others are his to choose. */
const OWN_GROUPS = 4

/**
 * Whose address it is: IPv4 as it is, also where it is written in IPv6, and IPv6 by its first 64 bits, the smallest
 * network that anybody is given (RFC 6177).
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return (parsed as ipaddr.IPv6).parts
    .slice(0, OWN_GROUPS)
    .map((group) => group.toString(16))
    .join(':')
}
