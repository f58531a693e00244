import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { KeyOrigin, License } from './license.ts'

declare const brand: unique symbol

/** The text a customer types, for example `QF-PRO-0123456789ab-1735689600`. A secret: never logged, never stored. */
export type LicenseKey = string & { readonly [brand]: 'LicenseKey' }

/** Names a license. Derived from its key, and tells nothing about it. */
export type LicenseId = string & { readonly [brand]: 'LicenseId' }

/** Master keys by version, and the version that makes new keys. Whoever shows keys needs every one that ever made any. */
export interface KeyRing {
  readonly current: string
  readonly keys: ReadonlyMap<string, KeyObject>
}

/** What is needed to find the license of a key: nothing that could make one. */
export interface KeyLookup {
  readonly pepper: KeyObject
  readonly prefix: string
}

/** What is needed to make keys as well. */
export interface Keys extends KeyLookup {
  readonly ring: KeyRing
}

/**
 * The ring lacks the master key of a license, or holds another one under its version. A fault of ours, never a
 * verdict about the license.
 */
export class MasterKeyFault extends Error {
  override readonly name = 'MasterKeyFault'
}

/** What the id of a license looks like. */
export const LICENSE_ID = /^lic_[a-z2-7]{52}$/

/** What a tier may be called, in the catalog and in a key: `-` parts a key and `:` parts what is signed. */
export const TIER_NAME = /^[a-z][a-z0-9_]{0,31}$/

/** What a key may begin with. */
export const KEY_PREFIX = /^[A-Z][A-Z0-9]{0,15}$/

const SIGNATURE_DIGITS = 12
const KEY_TEXT = /^([A-Za-z0-9]+)-([A-Za-z0-9_]+)-([0-9a-f]{12})-([1-9][0-9]{0,11})$/

/**
 * Reads a key as a person types it: blanks around it and the case of the letters before the signature do not
 * matter. Answers the one spelling that was issued, or undefined for anything that is not a key of this prefix.
 */
export function parseKey(text: string, prefix: string): LicenseKey | undefined {
  const [, start, tier, signature, issuedAt] = KEY_TEXT.exec(text.trim()) ?? []
  if (start?.toUpperCase() !== prefix || !tier || !TIER_NAME.test(tier.toLowerCase())) return
  return `${prefix}-${tier.toUpperCase()}-${signature}-${issuedAt}` as LicenseKey
}

/**
 * Makes the key of an origin: the same text as the vendor's Python generator makes for the same master key, user,
 * tier and second. The signed text cannot be read two ways, since neither tier nor second holds a `:`.
 *
 * @throws MasterKeyFault when the ring lacks the origin's version.
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
 * Makes the key of a license again, as it was when it was issued or replaced.
 *
 * @throws MasterKeyFault when the ring lacks its master key, or holds one under that version that makes another key.
 */
export function rederiveKey(
  { id, keyId, origin }: Pick<License, 'id' | 'keyId' | 'origin'>,
  keys: Keys,
): LicenseKey {
  const key = deriveKey(origin, keys)
  if (toLicenseId(key, keys.pepper) === keyId) return key
  throw new MasterKeyFault(`Master key "${origin.keyVersion}" does not make the key of ${id}`)
}

/** Compares in constant time, so that the time of an answer says nothing about how much of a guess was right. */
export function sameKey(a: LicenseKey, b: LicenseKey): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The id under which the license of a key is stored. Whoever reads only the table cannot go back to the key. */
export function toLicenseId(key: LicenseKey, pepper: KeyObject): LicenseId {
  return `lic_${base32(createHmac('sha256', pepper).update(key).digest())}` as LicenseId
}

/** RFC 4648 section 6, in lower case and without padding. */
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
