import type { LicenseStore } from '../license/index.ts'

/** Counts what a person may want an alarm for. CloudWatch reads it from the log, so it costs no call. */
export interface Metrics {
  /** `about` becomes dimensions: a few known words, never an id or a person. */
  count(name: string, about?: Readonly<Record<string, string>>): void
  /** What a request took of the database, in the units that are paid for. */
  units(taken: { readonly read: number; readonly write: number }): void
  /** Tells all that was counted since it last did, at the end of a call. Of a call that Lambda kills, nothing is told. */
  close(functionName: string): void
}

/** Of all metrics. */
export const NAMESPACE = 'LicenseAuthority'

interface Count {
  readonly name: string
  readonly about: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * Writes the embedded metric format. Each line of the log is paid for, so that a call writes only one, unless what it
 * counted does not fit into one object:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @param service a dimension of each metric
 */
export function createMetrics(service: string): Metrics {
  const counts = new Map<string, Count>()
  function count(name: string, about: Count['about'] = {}, value = 1) {
    const key = JSON.stringify([name, about])
    counts.set(key, { name, about, value: (counts.get(key)?.value ?? 0) + value })
  }
  // Told by the first call, whatever else it counts.
  count('ColdStart')

  return {
    count,

    units({ read, write }) {
      if (read > 0) count('ReadUnits', {}, read)
      if (write > 0) count('WriteUnits', {}, write)
    },

    close(functionName) {
      for (const line of linesOf(counts.values())) {
        const CloudWatchMetrics = directivesOf(line)
        const told = {
          _aws: { Timestamp: Date.now(), CloudWatchMetrics },
          // To search the log by; as a dimension each function would be a metric more to pay for.
          function: functionName,
          service,
          ...line.members,
        }
        // In Lambda, `console` would put the time and the request before it, which are paid for as well.
        process.stdout.write(`${JSON.stringify(told)}\n`)
      }
      counts.clear()
    },
  }
}

/** What one object tells. Its counts and what they are about are members of it, and a member has one value. */
interface Line {
  readonly counts: Count[]
  readonly members: Record<string, string | number>
}

/** Puts each count on the first line that says nothing else by the same names. */
function linesOf(counts: Iterable<Count>): readonly Line[] {
  const lines: Line[] = []
  for (const count of counts) {
    const members = { ...count.about, [count.name]: count.value }
    let line = lines.find((one) =>
      Object.entries(members).every(([name, value]) => (one.members[name] ?? value) === value),
    )
    if (!line) {
      line = { counts: [], members: {} }
      lines.push(line)
    }
    line.counts.push(count)
    Object.assign(line.members, members)
  }
  return lines
}

/** Says which members are metrics, by which dimensions: one for all that have the same. */
function directivesOf({ counts }: Line) {
  const groups = Map.groupBy(counts, ({ about }) => Object.keys(about).join())
  return Array.from(groups.values(), (group) => ({
    Namespace: NAMESPACE,
    Dimensions: [['service', ...Object.keys(group[0]?.about ?? {})]],
    Metrics: group.map(({ name }) => ({ Name: name, Unit: 'Count' })),
  }))
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
