import { Metrics as Emf, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { LicenseStore } from '../license/store.ts'

/** Counts events for alarms and the dashboard. CloudWatch reads the counts from the log. */
export interface Metrics {
  /** @param dimensions a few known words, never an id or a person: each combination is a metric to pay for */
  count(name: string, dimensions?: Readonly<Record<string, string>>): void
  /** Counts the consumed capacity of the table. */
  units(consumed: { readonly read: number; readonly write: number }): void
  /** Writes the counts of a call to the log. */
  flush(functionName: string): void
}

/** The namespace of all metrics. */
export const NAMESPACE = 'LicenseAuthority'

/**
 * Creates metrics on Powertools, whose dimensions apply to a whole object: there is one for each combination.
 *
 * @param service a dimension of each metric
 */
export function createMetrics(service: string): Metrics {
  const objects = new Map<string, Emf>()

  function objectOf(dimensions: Record<string, string>): Emf {
    const key = JSON.stringify(dimensions)
    const object =
      objects.get(key) ??
      new Emf({
        namespace: NAMESPACE,
        serviceName: service,
        // Default dimensions survive a flush.
        defaultDimensions: dimensions,
      })
    objects.set(key, object)
    return object
  }

  function add(name: string, dimensions: Record<string, string>, value: number) {
    objectOf(dimensions).addMetric(name, MetricUnit.Count, value)
  }

  add('ColdStart', {}, 1)
  return {
    count: (name, dimensions = {}) => add(name, dimensions, 1),

    units({ read, write }) {
      if (read > 0) add('ReadUnits', {}, read)
      if (write > 0) add('WriteUnits', {}, write)
    },

    flush(functionName) {
      for (const object of objects.values()) {
        // Metadata is searchable in the log, and no dimension.
        if (object.hasStoredMetrics())
          object.addMetadata('function', functionName).publishStoredMetrics()
      }
    },
  }
}

/** Returns the store, which then also counts each license that it issues. */
export const withIssuanceMetrics = (
  store: LicenseStore,
  metrics: Pick<Metrics, 'count'>,
): LicenseStore => ({
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
