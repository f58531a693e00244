import { findTier } from '../catalog/tier.ts'
import { type SignedResult, toClaims } from '../http/licenseBody.ts'
import { toSignedPeriod } from '../license/index.ts'
import { signingKeyOf } from '../signing/key.ts'
import { signerAt } from '../signing/ring.ts'
import { signToken } from '../signing/token.ts'
import type { Runtime } from './runtime.ts'
import { createSecretsLoader } from './secrets.ts'

const NO_TERMS = { leaseDays: 0, graceDays: 0 }

/** What the signed answer says besides the finding. */
export interface Asked {
  readonly nonce: string | undefined
  readonly deviceId: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Signs what was found: joins the body of the answer. */
export type Sign = (finding: SignedResult) => Promise<{ readonly token?: string }>

/** For whoever did not ask for a signature. */
export const UNSIGNED: Sign = async () => ({})

/**
 * Makes what gets ready to sign an answer, so that a ring that cannot be had is known before anything is done. For a good
 * license on a device of its own what is signed is a lease: it counts for as long as the device may go on without asking.
 */
export function createSigner(
  runtime: Pick<Runtime, 'catalog' | 'log' | 'secretCache' | 'secretIds'>,
): (asked: Asked) => Promise<Sign> {
  const { catalog } = runtime
  const load = createSecretsLoader(runtime, ['signingKeys'])
  /** As with features, a tier that the catalog no longer has gives what the fallback tier gives. */
  const termsOf = (tier: string) =>
    findTier(catalog, tier) ?? findTier(catalog, catalog.fallbackTier) ?? NO_TERMS

  return async ({ nonce, deviceId, now }) => {
    const { signingKeys } = await load()
    const key = await signingKeyOf(signerAt(signingKeys, now).secret)
    return async (finding) => {
      const isLease = deviceId !== undefined && finding.valid
      const terms = isLease ? termsOf(finding.license.tier) : undefined
      const { issuedAt, expiresAt } = toSignedPeriod(finding, now, terms)
      const claims = {
        ...toClaims(finding, catalog),
        ...(deviceId !== undefined && { deviceId }),
        ...(nonce !== undefined && { nonce }),
      }
      return { token: await signToken(key, 'verdict', claims, { now: issuedAt, until: expiresAt }) }
    }
  }
}
