import type { Device, DeviceKey } from './device.ts'
import {
  evaluate,
  type InvalidState,
  isValidState,
  type LicenseState,
  type ValidState,
} from './evaluate.ts'
import { type KeyLookup, parseKey, toLicenseId } from './key.ts'
import type { License } from './license.ts'
import type { LicenseStore } from './store.ts'

/** Why a key is not good. `MALFORMED` is said to the outside as `NOT_FOUND`, with its own text. */
export type RefusalCode =
  | 'MALFORMED'
  | 'NOT_FOUND'
  | 'EXPIRED'
  | 'SUSPENDED'
  | 'REVOKED'
  | 'PENDING'
  | 'DEVICE_REQUIRED'
  | 'DEVICE_NOT_ACTIVATED'

export type Verdict =
  | {
      readonly valid: true
      readonly license: License
      readonly state: ValidState
      readonly expiresAt: number | null
      /** When the key stops being good though the license does not, because it was replaced. */
      readonly keyUntil?: number
    }
  | {
      readonly valid: false
      readonly code: RefusalCode
      /** What the key is of, for whoever may know. */
      readonly license?: License
      readonly state?: LicenseState
    }

export type ValidVerdict = Extract<Verdict, { valid: true }>
export type InvalidVerdict = Extract<Verdict, { valid: false }>

export interface VerifyContext {
  readonly store: Pick<LicenseStore, 'find' | 'lookup'>
  readonly keys: KeyLookup
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What a device that asks says of itself. */
export interface DeviceClaim {
  readonly device: DeviceKey | undefined
  /** Whether a license of a tier is good on devices that were activated only. */
  readonly isRequired: (tier: string) => boolean
}

/**
 * Says whether a key is good now. It asks the store once, and not at all for a text that is no key. A key is good only
 * if its license exists, under the id that the pepper makes of all of the key's text: the signature in it is never
 * trusted alone, and nobody can tell forged from unknown. So no master key is needed here, where anybody may ask. A key
 * that was replaced is good as long as it was given. A device that says who it is has to have been activated, whatever
 * the tier wants.
 *
 * @throws StoreUnavailable
 */
export async function verifyLicense(
  context: VerifyContext,
  text: string,
  { device: presented, isRequired }: DeviceClaim = { device: undefined, isRequired: () => false },
): Promise<Verdict> {
  const { verdict, device } = await findByKey(context, text, presented)
  if (!verdict.valid) return verdict
  if (presented !== undefined) {
    return device?.releasedAt === null ? verdict : refuse(verdict, 'DEVICE_NOT_ACTIVATED')
  }
  return isRequired(verdict.license.tier) ? refuse(verdict, 'DEVICE_REQUIRED') : verdict
}

/** Whether the key was never issued. One that is not good any more was bought once, and is no guess. */
export const isUnknownKey = (verdict: Verdict) => !verdict.valid && verdict.code === 'NOT_FOUND'

/** A license that is good, but not where it was asked for. */
export const refuse = ({ license, state }: ValidVerdict, code: RefusalCode): InvalidVerdict => ({
  valid: false,
  code,
  license,
  state,
})

/** What a key leads to: a license only for whoever has its key, or one that it had and is still good. */
type FoundKey =
  | { readonly verdict: InvalidVerdict; readonly license?: never; readonly device?: never }
  | { readonly verdict: Verdict; readonly license: License; readonly device?: Device }

/** Finds the license of a key, and a device of it, asking the store once. */
export async function findByKey(
  { store, keys, now }: VerifyContext,
  text: string,
  device?: DeviceKey,
): Promise<FoundKey> {
  const key = parseKey(text, keys.prefix)
  if (!key) return { verdict: { valid: false, code: 'MALFORMED' } }
  const unknown: FoundKey = { verdict: { valid: false, code: 'NOT_FOUND' } }
  const id = toLicenseId(key, keys.pepper)
  const found =
    device === undefined ? { license: await store.find(id) } : await store.lookup(id, device)
  const { license } = found
  if (!license) return unknown
  const judged: FoundKey = { ...found, license, verdict: judge(license, now) }
  if (id === license.keyId) return judged
  const earlier = license.earlierKeys.find(({ keyId }) => keyId === id)
  if (!earlier) return unknown
  if (now > earlier.until) return { verdict: { valid: false, code: 'REVOKED' } }
  const { verdict } = judged
  return { ...judged, verdict: verdict.valid ? { ...verdict, keyUntil: earlier.until } : verdict }
}

/**
 * The license of a key that a customer quotes, good or not, for whoever helps him; also of a key that was replaced long
 * ago. Says nothing about whether the key is good.
 *
 * @throws StoreUnavailable
 */
export async function findLicenseOfKey(
  { store, keys }: { readonly store: Pick<LicenseStore, 'find'>; readonly keys: KeyLookup },
  text: string,
): Promise<{ readonly license: License; readonly replaced: boolean } | undefined> {
  const key = parseKey(text, keys.prefix)
  const id = key && toLicenseId(key, keys.pepper)
  const license = id && (await store.find(id))
  return license && { license, replaced: license.keyId !== id }
}

/** What a license is at `now`, in milliseconds since the epoch. */
export function judge(license: License, now: number): Verdict {
  const { state, expiresAt } = evaluate(license.facts, now)
  if (isValidState(state)) return { valid: true, license, state, expiresAt }
  return { valid: false, code: REFUSALS[state], license, state }
}

const REFUSALS = {
  pending: 'PENDING',
  suspended: 'SUSPENDED',
  expired: 'EXPIRED',
  revoked: 'REVOKED',
} as const satisfies Record<InvalidState, RefusalCode>
