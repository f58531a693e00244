import { MetricUnit, Metrics as Powertools } from '@aws-lambda-powertools/metrics'

/** Counts what a person may want an alarm for. CloudWatch reads it from the log, so it costs no call. */
export interface Metrics {
  /** `about` becomes a dimension: a few known words, never an id or a person. */
  count(name: string, about?: Readonly<Record<string, string>>): void
  /** What a request took of the database, in the units that are paid for. */
  units(taken: { readonly read: number; readonly write: number }): void
  /** Tells what a call took as a whole, at its end. */
  close(functionName: string): void
}

/** Of all metrics. */
export const NAMESPACE = 'LicenseAuthority'

/** Of the service that the environment names, as the library wants it. */
export function createMetrics(): Metrics {
  const metrics = new Powertools({ namespace: NAMESPACE })
  // It tells each count at once and forgets it; making one anew for each would take longer than telling.
  const single = metrics.singleMetric()
  let isCold = true
  let units = { read: 0, write: 0 }
  return {
    count(name, about = {}) {
      for (const [dimension, value] of Object.entries(about)) single.addDimension(dimension, value)
      single.addMetric(name, MetricUnit.Count, 1)
    },

    units({ read, write }) {
      units = { read: units.read + read, write: units.write + write }
    },

    close(functionName) {
      const { read, write } = units
      if (isCold) metrics.addMetric('ColdStart', MetricUnit.Count, 1)
      if (read > 0) metrics.addMetric('ReadUnits', MetricUnit.Count, read)
      if (write > 0) metrics.addMetric('WriteUnits', MetricUnit.Count, write)
      if (!isCold && read + write === 0) return
      isCold = false
      units = { read: 0, write: 0 }
      // To search the log by; as a dimension each function would be a metric more to pay for.
      metrics.addMetadata('function', functionName)
      metrics.publishStoredMetrics()
    },
  }
}
