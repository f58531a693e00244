import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { KeyOrigin, License, LicenseId, LicenseKey } from './license.ts'

/** Master keys by version, and the version that derives new keys. Showing a key requires the version that derived it. */
interface KeyRing {
  readonly current: string
  readonly keys: ReadonlyMap<string, KeyObject>
}

/** The secrets and settings that find the license of a key, and cannot derive one. */
export interface KeyLookup {
  readonly pepper: KeyObject
  readonly prefix: string
}

/** The secrets and settings that derive keys. */
export interface Keys extends KeyLookup {
  readonly ring: KeyRing
}

/**
 * Thrown when the ring lacks the master key of a license, or has a different one under its version. An error of the
 * service, never a verdict on the license.
 */
export class MasterKeyFault extends Error {
  override readonly name = 'MasterKeyFault'
}

/** Matches the id of a license. */
export const LICENSE_ID = /^lic_[a-z2-7]{52}$/

/** Matches the name of a tier. It excludes `-`, which separates the parts of a key, and `:`, which separates those of the signed text. */
export const TIER_NAME = /^[a-z][a-z0-9_]{0,31}$/

const SIGNATURE_DIGITS = 12
const KEY_TEXT = /^([A-Za-z0-9]+)-([A-Za-z0-9_]+)-([0-9a-f]{12})-([1-9][0-9]{0,11})$/

/**
 * Parses a key as a person types it: surrounding white space, and the case of prefix and tier, are ignored. Returns
 * the spelling that was issued, or undefined for a text that is not a key with this prefix.
 */
export function parseKey(text: string, prefix: string): LicenseKey | undefined {
  const [, start, tier, signature, issuedAt] = KEY_TEXT.exec(text.trim()) ?? []
  if (start?.toUpperCase() !== prefix || !tier || !TIER_NAME.test(tier.toLowerCase())) return
  return `${prefix}-${tier.toUpperCase()}-${signature}-${issuedAt}` as LicenseKey
}

/**
 * Derives the key of an origin: the text that the vendor's Python generator produces for the same master key, user,
 * tier and second. The signed text is unambiguous, since neither tier nor second contains a `:`.
 *
 * @throws MasterKeyFault if the ring lacks the origin's version
 */
export function deriveKey(
  origin: KeyOrigin,
  { ring, prefix }: Pick<Keys, 'ring' | 'prefix'>,
): LicenseKey {
  const masterKey = ring.keys.get(origin.keyVersion)
  if (!masterKey) {
    throw new MasterKeyFault(`The key ring has no master key of version "${origin.keyVersion}"`)
  }
  const signature = createHmac('sha256', masterKey)
    .update(`${origin.subject}:${origin.tier}:${origin.issuedAt}`)
    .digest('hex')
    .slice(0, SIGNATURE_DIGITS)
  return `${prefix}-${origin.tier.toUpperCase()}-${signature}-${origin.issuedAt}` as LicenseKey
}

/**
 * Derives the current key of a license again.
 *
 * @throws MasterKeyFault if the ring lacks its master key, or has one under that version that derives another key
 */
export function rederiveKey(
  { id, keyId, origin }: Pick<License, 'id' | 'keyId' | 'origin'>,
  keys: Keys,
): LicenseKey {
  const key = deriveKey(origin, keys)
  if (toLicenseId(key, keys.pepper) === keyId) return key
  throw new MasterKeyFault(`Master key "${origin.keyVersion}" does not derive the key of ${id}`)
}

/** The range of seconds that a new key may carry. More keys per subject and tier at once are rejected. */
const MAX_SECONDS = 300

/**
 * Calls `attempt` with the Unix second of `now` plus `ahead`, then with the following ones, until it returns a value.
 * A key names its second, so a second key for the same subject and tier needs another one.
 *
 * @returns the value; undefined if every second within five minutes is taken
 */
export async function withFreeSecond<T>(
  now: number,
  attempt: (issuedAt: number) => Promise<T | undefined>,
  ahead = 0,
): Promise<T | undefined> {
  const first = Math.floor(now / 1000) + ahead
  for (let issuedAt = first; issuedAt < first + MAX_SECONDS; issuedAt++) {
    const value = await attempt(issuedAt)
    if (value !== undefined) return value
  }
  return
}

/** Compares in constant time, so that the duration does not reveal how much of a guess was right. */
export function sameKey(a: LicenseKey, b: LicenseKey): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Returns the id under which the license of a key is stored. The key cannot be recovered from it. */
export function toLicenseId(key: LicenseKey, pepper: KeyObject): LicenseId {
  return `lic_${base32(createHmac('sha256', pepper).update(key).digest())}` as LicenseId
}

/** Returns the id of the license of a key as a person types it; undefined for a text that is not a key. */
export function findLicenseId(text: string, { prefix, pepper }: KeyLookup): LicenseId | undefined {
  const key = parseKey(text, prefix)
  return key && toLicenseId(key, pepper)
}

/** Encodes by RFC 4648 section 6, in lower case and without padding. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let pending = 0
  for (const byte of bytes) {
    pending = (pending << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += digit(pending >> (bits - 5))
  }
  return text + digit(pending << (5 - bits))
}

const digit = (value: number) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(value & 31)
