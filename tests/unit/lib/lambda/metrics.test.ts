import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import { createMetrics } from '../../../../lib/lambda/metrics.ts'

const SERVICE = 'license-authority-test'

let lines: string[] = []
beforeEach(() => {
  lines = []
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line))
    return true
  })
})
const written = () => lines.map((line) => JSON.parse(line))

/** Metrics of a process whose first call is over, and whose log is empty. */
function warmMetrics() {
  const metrics = createMetrics(SERVICE)
  metrics.close('verify')
  lines = []
  return metrics
}

const directive = (Dimensions: string[], ...names: string[]) => ({
  Namespace: 'LicenseAuthority',
  Dimensions: [Dimensions],
  Metrics: names.map((Name) => ({ Name, Unit: 'Count' })),
})

/** What CloudWatch makes of the log: the sum of each metric, by its name and its dimensions. */
function sums(): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { _aws, ...members } of written()) {
    for (const { Dimensions, Metrics } of _aws.CloudWatchMetrics) {
      const about = Dimensions[0].map((name: string) => `${name}=${members[name]}`)
      for (const { Name } of Metrics) {
        const metric = [Name, ...about].join(' ')
        found[metric] = (found[metric] ?? 0) + members[Name]
      }
    }
  }
  return found
}

describe('the metrics of a call', () => {
  it('are one line of the log, in which CloudWatch finds each by its own dimensions', () => {
    const metrics = warmMetrics()
    metrics.count('Issued', { tier: 'pro' })
    metrics.count('StripeEvent', { type: 'invoice.paid', outcome: 'issued' })
    metrics.count('Duplicates')
    metrics.units({ read: 2, write: 6 })
    const before = Date.now()
    metrics.close('stripeWebhook')
    expect(written()).toEqual([
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            directive(['service', 'tier'], 'Issued'),
            directive(['service', 'type', 'outcome'], 'StripeEvent'),
            directive(['service'], 'Duplicates', 'ReadUnits', 'WriteUnits'),
          ],
        },
        function: 'stripeWebhook',
        service: SERVICE,
        tier: 'pro',
        Issued: 1,
        type: 'invoice.paid',
        outcome: 'issued',
        StripeEvent: 1,
        Duplicates: 1,
        ReadUnits: 2,
        WriteUnits: 6,
      },
    ])
    expect(lines[0]).toMatch(/^\{.*\}\n$/)
    const { Timestamp } = written()[0]._aws
    expect(Timestamp).toBeGreaterThanOrEqual(before)
    expect(Timestamp).toBeLessThanOrEqual(Date.now())
  })

  it('are told at its end, and each once', () => {
    const metrics = warmMetrics()
    metrics.count('Verified', { code: 'VALID' })
    metrics.units({ read: 2, write: 0 })
    expect(lines).toEqual([])
    metrics.close('verify')
    expect(lines).toHaveLength(1)
    metrics.close('verify')
    expect(lines).toHaveLength(1)
  })

  it('are sums of what was counted several times', () => {
    const metrics = warmMetrics()
    for (const read of [2, 0.5]) {
      metrics.count('Mail', { outcome: 'sent' })
      metrics.count('StreamRecordFailed')
      metrics.units({ read, write: 0 })
    }
    metrics.close('sendEmail')
    expect(written()).toMatchObject([{ Mail: 2, StreamRecordFailed: 2, ReadUnits: 2.5 }])
    expect(written()[0]).not.toHaveProperty('WriteUnits')
  })

  it('need another line where a dimension or a metric would have two values', () => {
    const metrics = warmMetrics()
    metrics.count('Verified', { code: 'VALID' })
    metrics.count('Problem', { code: 'UNAVAILABLE' })
    metrics.count('RefusedTries')
    metrics.units({ read: 2, write: 0 })
    metrics.close('verify')
    expect(written()).toMatchObject([
      { function: 'verify', service: SERVICE, code: 'VALID', Verified: 1, ReadUnits: 2 },
      { function: 'verify', service: SERVICE, code: 'UNAVAILABLE', Problem: 1 },
    ])
    expect(written()[1]._aws.CloudWatchMetrics).toEqual([directive(['service', 'code'], 'Problem')])

    lines = []
    metrics.count('Mail')
    metrics.count('Mail')
    metrics.count('Mail', { outcome: 'sent' })
    metrics.close('sendEmail')
    expect(written()).toMatchObject([{ Mail: 2 }, { Mail: 1, outcome: 'sent' }])
  })

  it('add up to what was counted, however it is spread over lines', () => {
    const about = [{}, { code: 'A' }, { code: 'B' }, { type: 'A', code: 'A' }, { type: 'B' }]
    const counted = fc.record({
      name: fc.constantFrom('Verified', 'Problem', 'Mail'),
      about: fc.constantFrom<Record<string, string>>(...about),
    })
    fc.assert(
      fc.property(fc.array(counted), (counts) => {
        const metrics = warmMetrics()
        const expected: Record<string, number> = {}
        for (const { name, about } of counts) {
          metrics.count(name, about)
          const dimensions = Object.entries({ service: SERVICE, ...about })
          const metric = [name, ...dimensions.map((one) => one.join('='))].join(' ')
          expected[metric] = (expected[metric] ?? 0) + 1
        }
        metrics.close('verify')
        expect(sums()).toEqual(expected)
      }),
    )
  })

  it('say of the first one of a process that it was, with what else it tells', () => {
    const metrics = createMetrics(SERVICE)
    metrics.units({ read: 2, write: 0 })
    metrics.close('verify')
    metrics.units({ read: 1, write: 0 })
    metrics.close('verify')
    expect(written()).toMatchObject([{ ColdStart: 1, ReadUnits: 2 }, { ReadUnits: 1 }])
    expect(sums()).toMatchObject({ [`ColdStart service=${SERVICE}`]: 1 })
  })

  it('are nothing where it counted and took nothing, unless it is the first', () => {
    const metrics = createMetrics(SERVICE)
    metrics.close('generate')
    expect(written()).toMatchObject([{ function: 'generate', ColdStart: 1 }])
    lines = []
    metrics.units({ read: 0, write: 0 })
    metrics.close('generate')
    expect(lines).toEqual([])
  })

  it('are lost of none of two that run at once', async () => {
    const metrics = warmMetrics()
    const first = Promise.withResolvers<void>()
    async function call(code: string, until: Promise<void>) {
      metrics.count('Verified', { code })
      metrics.units({ read: 2, write: 0 })
      await until
      metrics.count('FailedTries')
      metrics.units({ read: 0, write: 1 })
      metrics.close('verify')
    }
    const slow = call('VALID', first.promise)
    await call('NOT_FOUND', Promise.resolve())
    first.resolve()
    await slow
    expect(sums()).toEqual({
      [`Verified service=${SERVICE} code=VALID`]: 1,
      [`Verified service=${SERVICE} code=NOT_FOUND`]: 1,
      [`FailedTries service=${SERVICE}`]: 2,
      [`ReadUnits service=${SERVICE}`]: 4,
      [`WriteUnits service=${SERVICE}`]: 2,
    })
  })
})
