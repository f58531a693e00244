import {
  adoptExisting,
  differsFromPurchase,
  type Entitlement,
  type Keys,
  type License,
  type LicenseId,
  type PurchaseLink,
  reconcile,
} from '../license/index.ts'
import type { LicenseStore } from '../license/store.ts'
import type { Change } from './changes.ts'
import type { Derivation } from './derive.ts'
import { needsReview } from './lineItems.ts'
import { type PurchaseRecord, toRecord } from './purchase.ts'
import { purchaseKey } from './reference.ts'
import type { Refreshed } from './refresh.ts'

/** The effect of an event on a license, or that the event was applied before. */
export type Applied =
  | { readonly repeated: true }
  | {
      readonly effect: 'issued' | 'changed' | 'none'
      readonly licenseId?: LicenseId
      /** Codes of what needs review. */
      readonly alerts: readonly string[]
    }

interface ReconcileContext {
  readonly store: LicenseStore
  readonly keys: Keys
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly requestId: string
}

/**
 * Issues or changes the license of a purchase, and writes it together with the rest of the change in one transaction.
 * Returns `stale` if a record changed since it was loaded.
 *
 * @throws MasterKeyFault, StoreUnavailable
 */
export async function reconcilePurchase(
  context: ReconcileContext,
  cause: { readonly id: string; readonly type: string },
  { claims, free, ordered, records, purchase, missing }: Change & Refreshed,
  { entitlement, risk, issue, mismatch }: Derivation,
): Promise<Applied | 'stale'> {
  const adopted =
    purchase && !purchase.link ? await adoptOrdered(context.store, purchase, ordered) : undefined
  const alerts = [issue, mismatch && 'TIER_MISMATCH', missing].filter(
    (alert) => typeof alert === 'string',
  )
  const next = purchase && withReviewDate({ ...purchase, alerts }, risk, context.now)
  const outcome = await reconcile(
    context,
    {
      key: next ? purchaseKey(next) : '',
      entitlement,
      risk,
      link: purchase?.link ?? adopted?.link,
    },
    {
      claims,
      free,
      records: (link) => [...records, ...(next ? [toRecord(next, link)] : [])],
      actor: `stripe:${cause.id}`,
      reason: cause.type,
      requestId: context.requestId,
    },
  )
  if (outcome.status === 'stale') return 'stale'
  if (outcome.status === 'repeated') return { repeated: true }
  const { effect, link, conflict } = outcome
  const isConflict =
    conflict ||
    (adopted && entitlement && differsFromPurchase(adopted.license, entitlement)) ||
    ordered.some(({ licenseId }) => licenseId !== link?.id)
  return {
    effect,
    ...(link && { licenseId: link.id }),
    alerts: isConflict ? [...alerts, 'LICENSE_CONFLICT'] : alerts,
  }
}

/** Sets or removes the time since which a purchase is unmatched. A refunded purchase needs no license. */
function withReviewDate(
  { unmatchedSince, ...purchase }: PurchaseRecord,
  risk: Entitlement['risk'],
  now: number,
): PurchaseRecord {
  const isUnmatched = needsReview(purchase.alerts) && risk !== 'refunded' && risk !== 'lost'
  return { ...purchase, ...(isUnmatched && { unmatchedSince: unmatchedSince ?? now }) }
}

/** Adopts the license that the vendor's server ordered before Stripe reported the purchase. */
async function adoptOrdered(
  store: LicenseStore,
  purchase: PurchaseRecord,
  [claim]: Change['ordered'],
): Promise<{ readonly link: PurchaseLink; readonly license: License } | undefined> {
  if (!claim?.licenseId) return
  const license = await store.find(claim.licenseId)
  if (!license) throw new Error('A purchase points to a license that does not exist')
  return { link: adoptExisting(license, purchaseKey(purchase)), license }
}
