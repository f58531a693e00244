import { expect, it, jest } from '@jest/globals'
import { createMetrics } from '../../../lib/lambda/metrics.ts'

it('counts in a line of the log that CloudWatch reads as a metric', () => {
  const lines: string[] = []
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line))
    return true
  })
  const metrics = createMetrics()
  metrics.count('StripeEvents', { outcome: 'issued' })
  metrics.count('Other')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'LicenseAuthority',
            Dimensions: [['service', 'outcome']],
            Metrics: [{ Name: 'StripeEvents', Unit: 'Count' }],
          },
        ],
      },
      service: 'license-authority',
      outcome: 'issued',
      StripeEvents: 1,
    },
    { _aws: { CloudWatchMetrics: [{ Dimensions: [['service']] }] }, Other: 1 },
  ])
})
