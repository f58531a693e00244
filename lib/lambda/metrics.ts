import { MetricUnit, Metrics as Powertools } from '@aws-lambda-powertools/metrics'

/** Counts what a person may want an alarm for. CloudWatch reads it from the log, so it costs no call. */
export interface Metrics {
  /** `about` becomes a dimension: a few known words, never an id or a person. */
  count(name: string, about?: Readonly<Record<string, string>>): void
}

export function createMetrics(): Metrics {
  const metrics = new Powertools({
    namespace: 'LicenseAuthority',
    serviceName: 'license-authority',
  })
  return {
    count(name, about = {}) {
      const single = metrics.singleMetric()
      for (const [dimension, value] of Object.entries(about)) single.addDimension(dimension, value)
      single.addMetric(name, MetricUnit.Count, 1)
    },
  }
}
