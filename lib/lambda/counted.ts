import type { LicenseStore } from '../license/index.ts'
import type { Metrics } from './metrics.ts'

/** Counts the licenses that are issued, by whomever. */
export const counted = (store: LicenseStore, metrics: Pick<Metrics, 'count'>): LicenseStore => ({
  ...store,
  async commit(batch) {
    const outcome = await store.commit(batch)
    const { license } = batch
    if (outcome.status === 'written' && license && 'issued' in license) {
      metrics.count('Issued', { tier: license.issued.tier })
    }
    return outcome
  },
})
