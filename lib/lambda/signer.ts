import middy from '@middy/core'
import { findTier } from '../catalog/tier.ts'
import { type SignedResult, toClaims } from '../http/licenseBody.ts'
import { toSignedPeriod } from '../license/index.ts'
import { signingKeyOf } from '../signing/key.ts'
import { signerAt } from '../signing/ring.ts'
import { signToken } from '../signing/token.ts'
import type { CoreRuntime } from './runtime.ts'
import { secretsManager } from './secrets.ts'

const NO_TERMS = { leaseDays: 0, graceDays: 0 }

interface SignRequest {
  readonly nonce: string | undefined
  readonly deviceId: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Signs a result. The token joins the body of the response. */
export type Sign = (result: SignedResult) => Promise<{ readonly token?: string }>

/** Signs nothing, for requests that want no signature. */
export const UNSIGNED: Sign = async () => ({})

/**
 * Returns a function that loads the signing key of a request, to be called before anything is written: without a key, the
 * request fails. The signature of a valid license on its own device is a lease.
 */
export function createSigner(
  runtime: Pick<CoreRuntime, 'catalog' | 'log' | 'secretCache' | 'secretIds'>,
): (request: SignRequest) => Promise<Sign> {
  const { catalog } = runtime
  /** As with features, a tier that is no longer in the catalog has the terms of the fallback tier. */
  const termsOf = (tier: string) =>
    findTier(catalog, tier) ?? findTier(catalog, catalog.fallbackTier) ?? NO_TERMS

  // A chain of its own, because only some requests need the signing keys, and the others must not fail without them.
  const chain = middy<SignRequest, Sign>()
    .use(secretsManager(runtime, ['signingKeys']))
    .handler(async ({ nonce, deviceId, now }, { secrets: { signingKeys } }) => {
      const key = await signingKeyOf(signerAt(signingKeys, now).secret)
      return async (result) => {
        const isLease = deviceId !== undefined && result.valid
        const terms = isLease ? termsOf(result.license.tier) : undefined
        const { issuedAt, expiresAt } = toSignedPeriod(result, now, terms)
        const claims = {
          ...toClaims(result, catalog),
          ...(deviceId !== undefined && { deviceId }),
          ...(nonce !== undefined && { nonce }),
        }
        return {
          token: await signToken(key, 'verdict', claims, { now: issuedAt, until: expiresAt }),
        }
      }
    })
  return (request) => chain(request, {} as never)
}
