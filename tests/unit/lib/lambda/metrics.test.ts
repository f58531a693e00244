import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createMetrics, NAMESPACE } from '../../../../lib/lambda/metrics.ts'
import { listSources, readSource } from '../../../support/source.ts'

const SERVICE = 'license-authority-test'

let lines: string[] = []
beforeEach(() => {
  lines = []
  jest
    .spyOn(process.stdout, 'write')
    .mockImplementation((line) => Boolean(lines.push(String(line))))
})

/** Metrics of a process whose first call is over. */
function warmMetrics() {
  const metrics = createMetrics(SERVICE)
  metrics.flush('verify')
  lines = []
  return metrics
}

interface Directive {
  readonly Namespace: string
  readonly Dimensions: readonly [readonly string[]]
  readonly Metrics: readonly { readonly Name: string }[]
}

/** Returns what CloudWatch reads from the log: each metric with its dimensions, and the sum of its values. */
const metricsOf = (line: string): [metric: string, sum: number][] => {
  const { _aws, ...members } = JSON.parse(line)
  return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }: Directive) =>
    Metrics.map(({ Name }) => {
      const dimensions = Dimensions[0].map((name) => `${name}=${members[name]}`)
      const sum = [members[Name]].flat().reduce((total, value) => total + value)
      return [[Namespace, Name, dimensions].join(' '), sum]
    }),
  )
}
const written = () => Object.fromEntries(lines.flatMap(metricsOf))

describe('metrics', () => {
  it('have the namespace, names and dimensions that alarms and the usage query read', () => {
    const metrics = warmMetrics()
    metrics.count('Verified', { code: 'VALID' })
    metrics.count('StripeEvent', { type: 'invoice.paid', outcome: 'issued' })
    metrics.count('WebhookFailed')
    metrics.units({ read: 2, write: 6 })
    metrics.flush('stripeWebhook')
    expect(written()).toEqual({
      [`LicenseAuthority Verified service=${SERVICE},code=VALID`]: 1,
      [`LicenseAuthority StripeEvent service=${SERVICE},type=invoice.paid,outcome=issued`]: 1,
      [`LicenseAuthority WebhookFailed service=${SERVICE}`]: 1,
      [`LicenseAuthority ReadUnits service=${SERVICE}`]: 2,
      [`LicenseAuthority WriteUnits service=${SERVICE}`]: 6,
    })
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ function: 'stripeWebhook' })
  })

  it('keep the same member of two dimensions apart, and add up repeated counts', () => {
    const metrics = warmMetrics()
    for (const read of [2, 0.5]) {
      metrics.count('Verified', { code: 'VALID' })
      metrics.count('Problem', { code: 'UNAVAILABLE' })
      metrics.units({ read, write: 0 })
    }
    metrics.count('Verified', { code: 'EXPIRED' })
    metrics.flush('verify')
    expect(written()).toEqual({
      [`LicenseAuthority Verified service=${SERVICE},code=VALID`]: 2,
      [`LicenseAuthority Verified service=${SERVICE},code=EXPIRED`]: 1,
      [`LicenseAuthority Problem service=${SERVICE},code=UNAVAILABLE`]: 2,
      [`LicenseAuthority ReadUnits service=${SERVICE}`]: 2.5,
    })
  })

  it('keep their dimensions in each line when one call counts more than a line holds', () => {
    const metrics = warmMetrics()
    for (let count = 0; count < 250; count++) metrics.count('Issued', { tier: 'pro' })
    metrics.flush('admin')
    const sums = lines.flatMap(metricsOf)
    expect(new Set(sums.map(([metric]) => metric))).toEqual(
      new Set([`LicenseAuthority Issued service=${SERVICE},tier=pro`]),
    )
    expect(sums.reduce((total, [, sum]) => total + sum, 0)).toBe(250)
  })

  it('are written at the end of a call, once, and not at all if nothing was counted', () => {
    const metrics = warmMetrics()
    metrics.count('Duplicates')
    metrics.units({ read: 0, write: 0 })
    expect(lines).toEqual([])
    metrics.flush('verify')
    expect(lines).toHaveLength(1)
    metrics.flush('verify')
    expect(lines).toHaveLength(1)
  })

  it('count the cold start in the first call only', () => {
    const metrics = createMetrics(SERVICE)
    metrics.units({ read: 2, write: 0 })
    metrics.flush('verify')
    metrics.flush('verify')
    expect(written()).toEqual({
      [`LicenseAuthority ColdStart service=${SERVICE}`]: 1,
      [`LicenseAuthority ReadUnits service=${SERVICE}`]: 2,
    })
  })
})

describe('the metrics of the alarms and the dashboard', () => {
  const read = (pattern: RegExp, path: string) =>
    [...readSource(path).matchAll(pattern)].map(([, name]) => `${name}`)
  const names = [
    ...read(/Namespace: (?:\*ours|&ours \w+)[,\s]+MetricName: (\w+)/g, 'resources/alarms.yml'),
    ...read(/"LicenseAuthority", "(\w+)"/g, 'resources/dashboard.yml'),
    ...read(/\{LicenseAuthority,[^}]*\} MetricName=\\"(\w+)/g, 'resources/dashboard.yml'),
  ]
  const code = listSources(['lib', 'functions'], /\.ts$/).map(readSource).join('')

  it('have the namespace of the code', () => {
    expect(readSource('resources/alarms.yml')).toContain(`&ours ${NAMESPACE}\n`)
    expect(new Set(names).size).toBeGreaterThanOrEqual(15)
  })

  it.each([...new Set(names)])('include %s, which the code counts', (name) => {
    expect(code).toMatch(new RegExp(`(?:count|add)\\('${name}'|failure: '${name}'`))
  })
})
