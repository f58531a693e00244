import type Stripe from 'stripe'
import type { Catalog } from '../catalog/schema.ts'
import type { Keys } from '../license/index.ts'
import type { LicenseStore } from '../license/store.ts'
import type { StripeApi } from './api.ts'
import { type Change, loadEvent, loadOtherPurchases, mergeEvent } from './changes.ts'
import { NO_CUSTOMER } from './customer.ts'
import { derive } from './derive.ts'
import { NO_FACTS } from './facts.ts'
import { type Ignored, observe } from './observe.ts'
import { type Applied, reconcilePurchase } from './reconcilePurchase.ts'
import { refresh } from './refresh.ts'
import { retryWhileStale } from './retry.ts'

export interface EventContext {
  readonly store: LicenseStore
  readonly keys: Keys
  readonly catalog: Catalog
  /** Absent if no Stripe API key is configured. */
  readonly api?: StripeApi | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly requestId: string
}

/** The result of an event. */
export type EventResult = Ignored | Applied

const NO_PURCHASE = { facts: NO_FACTS, customer: NO_CUSTOMER }

/**
 * Applies a Stripe event once: merges it into the stored facts, derives what the purchase entitles to, and writes the
 * event, the facts and the license in one transaction.
 *
 * An event about a customer can change several purchases. The others are committed first, each in its own transaction,
 * and the event is recorded with the last commit. After a crash in between, Stripe sends the event again: merges are
 * idempotent, so what was committed does not change, and the rest follows.
 *
 * @throws MasterKeyFault, StoreUnavailable, StripeUnavailable
 */
export async function applyEvent(context: EventContext, event: Stripe.Event): Promise<EventResult> {
  const { store, catalog, api, now } = context
  const observation = observe(event, now)
  if ('ignored' in observation) return observation

  return retryWhileStale(async () => {
    const loaded = await loadEvent(store, event.id, observation, now)
    const merged = mergeEvent(loaded, observation)
    // A purchase in review is derived again: the catalog or the Stripe API key may have changed since.
    if (loaded.claims.length === 0 && !merged.purchase?.alerts.length) return { repeated: true }

    const results: Applied[] = []
    for (const change of [...(await loadOtherPurchases(store, merged)), merged]) {
      const refreshed = await refresh(change.purchase, api, catalog)
      const derivation = derive(refreshed.purchase ?? NO_PURCHASE, catalog, hasLicense(change))
      const result = await reconcilePurchase(
        context,
        event,
        { ...change, ...refreshed },
        derivation,
      )
      if (result === 'stale') return result
      results.push(result)
    }
    return combine(results, merged)
  })
}

const hasLicense = ({ purchase, ordered }: Change) =>
  Boolean(purchase?.link ?? ordered[0]?.licenseId)

/** Returns the result of the event's own change. An event without a purchase is `changed` if any license changed. */
function combine(results: readonly Applied[], { purchase }: Change): Applied {
  const own = results.at(-1) as Applied
  const isChanged = results.some((result) => 'effect' in result && result.effect === 'changed')
  return !purchase && isChanged && 'effect' in own ? { ...own, effect: 'changed' } : own
}
