/**
 * Rate limiting of guesses. After too many failures in a window, every request is refused until the window ends, even one
 * with a valid key or token: otherwise an attacker would learn that a guess was right.
 */

import { createHmac, type KeyObject } from 'node:crypto'
import ipaddr from 'ipaddr.js'

/** The failures allowed in each window. */
export interface RateLimit {
  readonly failures: number
  readonly minutes: number
}

/** The kind of failure: a key or an API token that was never issued, or an activation beyond the seats of a license. */
export type RateLimitScope = 'key' | 'token' | 'seat'

/** The failures of one subject in one window. */
export interface RateLimitCounter {
  /** Contains a hash of the subject, never the subject itself. */
  readonly id: string
  readonly limit: RateLimit
  /** The end of the window, in milliseconds since the epoch. */
  readonly until: number
  /** The time of the request, in milliseconds since the epoch. */
  readonly at: number
  /** Seconds from the request until the end of the window, at least one. */
  readonly wait: number
}

/** Stores failures. Every method throws `StoreUnavailable` when the database does not respond. */
export interface RateLimitStore {
  /**
   * Counts a failure.
   *
   * @throws RateLimitError if the failure exceeds the limit
   */
  addFailure(counter: RateLimitCounter): Promise<void>
}

/** Too many failures. Reveals nothing about the rejected request. */
export class RateLimitError extends Error {
  override readonly name = 'RateLimitError'
  readonly counter: RateLimitCounter

  constructor(counter: RateLimitCounter) {
    super('Too many failed attempts')
    this.counter = counter
  }
}

/**
 * Returns the counter of a subject for the current window. Windows start at the same times for all subjects, so that one
 * write counts a failure and nothing has to reset a counter.
 *
 * @param subject a network or the id of a license
 * @param now milliseconds since the epoch
 */
export function rateLimitCounter(
  scope: RateLimitScope,
  subject: string,
  { limit, pepper, now }: { limit: RateLimit; pepper: KeyObject; now: number },
): RateLimitCounter {
  const window = limit.minutes * 60_000
  const until = (Math.floor(now / window) + 1) * window
  // The prefix is part of stored counters.
  const hash = createHmac('sha256', pepper).update(`try:${subject}`).digest('base64url')
  return {
    id: `${scope}#${hash}#${until / 1000}`,
    limit,
    until,
    at: now,
    wait: Math.ceil((until - now) / 1000),
  }
}

/** The 16-bit groups of an IPv6 address that form its network; the host chooses the others. */
const NETWORK_GROUPS = 4

/**
 * Returns the network that is limited as one client: an IPv4 address, also if mapped to IPv6, or the first 64 bits of an
 * IPv6 address, the smallest network that a site is assigned (RFC 6177).
 */
export function toNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return (parsed as ipaddr.IPv6).parts
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.toString(16))
    .join(':')
}
