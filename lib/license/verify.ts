import type { Device, DeviceKey } from './device.ts'
import { type BadState, evaluate, type GoodState, isGood, type LicenseState } from './evaluate.ts'
import { type Finder, licenseId, parseKey } from './key.ts'
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
      readonly state: GoodState
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

export type Good = Extract<Verdict, { valid: true }>
export type Bad = Extract<Verdict, { valid: false }>

export interface LookingUp {
  readonly store: Pick<LicenseStore, 'find' | 'lookup'>
  readonly keys: Finder
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What a device that asks says of itself. */
export interface Presented {
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
  context: LookingUp,
  text: string,
  { device: presented, isRequired }: Presented = { device: undefined, isRequired: () => false },
): Promise<Verdict> {
  const { verdict, device } = await look(context, text, presented)
  if (!verdict.valid) return verdict
  if (presented !== undefined) {
    return device?.releasedAt === null ? verdict : without(verdict, 'DEVICE_NOT_ACTIVATED')
  }
  return isRequired(verdict.license.tier) ? without(verdict, 'DEVICE_REQUIRED') : verdict
}

/** Whether the key was never issued. One that is not good any more was bought once, and is no guess. */
export const isGuess = (verdict: Verdict) => !verdict.valid && verdict.code === 'NOT_FOUND'

/** A license that is good, but not where it was asked for. */
export const without = ({ license, state }: Good, code: RefusalCode): Bad => ({
  valid: false,
  code,
  license,
  state,
})

/** What a key leads to: a license only for whoever has its key, or one that it had and is still good. */
type Looked =
  | { readonly verdict: Bad; readonly license?: never; readonly device?: never }
  | { readonly verdict: Verdict; readonly license: License; readonly device?: Device }

/** Finds the license of a key, and a device of it, asking the store once. */
export async function look(
  { store, keys, now }: LookingUp,
  text: string,
  device?: DeviceKey,
): Promise<Looked> {
  const key = parseKey(text, keys.prefix)
  if (!key) return { verdict: { valid: false, code: 'MALFORMED' } }
  const unknown: Looked = { verdict: { valid: false, code: 'NOT_FOUND' } }
  const id = licenseId(key, keys.pepper)
  const found =
    device === undefined ? { license: await store.find(id) } : await store.lookup(id, device)
  const { license } = found
  if (!license) return unknown
  const judged: Looked = { ...found, license, verdict: judge(license, now) }
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
export async function licenseOfKey(
  { store, keys }: { readonly store: Pick<LicenseStore, 'find'>; readonly keys: Finder },
  text: string,
): Promise<{ readonly license: License; readonly replaced: boolean } | undefined> {
  const key = parseKey(text, keys.prefix)
  const id = key && licenseId(key, keys.pepper)
  const license = id && (await store.find(id))
  return license && { license, replaced: license.keyId !== id }
}

/** What a license is at `now`, in milliseconds since the epoch. */
export function judge(license: License, now: number): Verdict {
  const { state, expiresAt } = evaluate(license.facts, now)
  if (isGood(state)) return { valid: true, license, state, expiresAt }
  return { valid: false, code: REFUSALS[state], license, state }
}

const REFUSALS = {
  pending: 'PENDING',
  suspended: 'SUSPENDED',
  expired: 'EXPIRED',
  revoked: 'REVOKED',
} as const satisfies Record<BadState, RefusalCode>
