import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createMetrics } from '../../../lib/lambda/metrics.ts'

let lines: string[] = []
beforeEach(() => {
  process.env['POWERTOOLS_SERVICE_NAME'] = 'license-authority-test'
  lines = []
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line))
    return true
  })
})
const written = () => lines.map((line) => JSON.parse(line))
const described = (Dimensions: string[][], ...names: string[]) => ({
  CloudWatchMetrics: [
    {
      Namespace: 'LicenseAuthority',
      Dimensions,
      Metrics: names.map((Name) => ({ Name, Unit: 'Count' })),
    },
  ],
})

describe('the metrics', () => {
  it('count in a line of the log that CloudWatch reads as a metric', () => {
    const metrics = createMetrics()
    metrics.count('StripeEvent', { outcome: 'issued' })
    metrics.count('Other')
    expect(written()).toMatchObject([
      {
        _aws: described([['service', 'outcome']], 'StripeEvent'),
        service: 'license-authority-test',
        outcome: 'issued',
        StripeEvent: 1,
      },
      { _aws: described([['service']], 'Other'), Other: 1 },
    ])
  })

  it('tell at the end of a call what it took, and of the first one that it was', () => {
    const metrics = createMetrics()
    metrics.units({ read: 2, write: 0 })
    metrics.units({ read: 0.5, write: 0 })
    metrics.close('verify')
    metrics.units({ read: 1, write: 6 })
    metrics.close('verify')
    expect(written()).toMatchObject([
      {
        _aws: described([['service']], 'ColdStart', 'ReadUnits'),
        service: 'license-authority-test',
        function: 'verify',
        ColdStart: 1,
        ReadUnits: 2.5,
      },
      { _aws: described([['service']], 'ReadUnits', 'WriteUnits'), ReadUnits: 1, WriteUnits: 6 },
    ])
  })

  it('say nothing of a call that took nothing', () => {
    const metrics = createMetrics()
    metrics.close('health')
    lines = []
    metrics.close('health')
    expect(lines).toEqual([])
  })
})
