import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createUsage } from '../../../../lib/lambda/usage.ts'
import { DAY_MS } from '../../../../lib/license/index.ts'
import { type Server, toServer } from '../../../../scripts/local/server.ts'
import { NOW } from '../../../support/licenses.ts'
import { aLog } from '../../../support/runtime.ts'

interface Asked {
  readonly StartTime: number
  readonly EndTime: number
  readonly MetricDataQueries: readonly {
    readonly Id: string
    readonly MetricStat: {
      readonly Metric: {
        readonly Namespace: string
        readonly MetricName: string
        readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
      }
      readonly Period: number
      readonly Stat: string
    }
  }[]
}

let server: Server | undefined
afterEach(() => server?.stop())

/** Starts a CloudWatch that responds with the given sums, by code and time. */
async function aCloudWatch(sums: Record<string, Record<number, number>>, status = 200) {
  const asked: Asked[] = []
  const http = createServer(async (request, response) => {
    const question = (await json(request)) as Asked
    asked.push(question)
    const MetricDataResults = question.MetricDataQueries.map(({ Id, MetricStat }) => {
      const code = MetricStat.Metric.Dimensions.find(({ Name }) => Name === 'code')?.Value ?? ''
      const days = Object.entries(sums[code] ?? {}).toReversed()
      return {
        Id,
        StatusCode: 'Complete',
        Timestamps: days.map(([time]) => Number(time) / 1000),
        Values: days.map(([, value]) => value),
      }
    })
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify({ MetricDataResults }))
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  server = toServer(http)
  const { log, lines } = aLog()
  const options = {
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  }
  return { asked, lines, verifiesPerDay: createUsage('license-authority-test', options, log) }
}

describe('verifications per day', () => {
  it('are the sums of CloudWatch, valid and refused', async () => {
    const { asked, verifiesPerDay } = await aCloudWatch({
      VALID: { [NOW]: 7, [NOW - DAY_MS]: 5 },
      EXPIRED: { [NOW]: 2 },
      NOT_FOUND: { [NOW]: 1, [NOW - 29 * DAY_MS]: 4 },
    })
    const days = (await verifiesPerDay(NOW + DAY_MS / 2)) ?? []
    expect(days).toHaveLength(30)
    expect(days[0]).toEqual({ day: '2024-12-03', valid: 0, refused: 4 })
    expect(days[1]).toEqual({ day: '2024-12-04', valid: 0, refused: 0 })
    expect(days.slice(-2)).toEqual([
      { day: '2024-12-31', valid: 5, refused: 0 },
      { day: '2025-01-01', valid: 7, refused: 3 },
    ])
    expect(asked).toHaveLength(1)
    const [{ StartTime, EndTime, MetricDataQueries } = {} as Asked] = asked
    expect([StartTime * 1000, EndTime * 1000]).toEqual([NOW - 29 * DAY_MS, NOW + DAY_MS])
    expect(MetricDataQueries[0]?.MetricStat).toEqual({
      Metric: {
        Namespace: 'LicenseAuthority',
        MetricName: 'Verified',
        Dimensions: [
          { Name: 'service', Value: 'license-authority-test' },
          { Name: 'code', Value: 'VALID' },
        ],
      },
      Period: 86_400,
      Stat: 'Sum',
    })
  })

  it('are queried once in ten minutes, since each query costs', async () => {
    const { asked, verifiesPerDay } = await aCloudWatch({})
    for (let minute = 0; minute < 10; minute++) await verifiesPerDay(NOW + minute * 60_000)
    expect(asked).toHaveLength(1)
    await verifiesPerDay(NOW + 10 * 60_000)
    expect(asked).toHaveLength(2)
  })

  it('are null while CloudWatch is unavailable, with a warning in the log', async () => {
    const { lines, verifiesPerDay } = await aCloudWatch({}, 500)
    expect(await verifiesPerDay(NOW)).toBeNull()
    expect(lines.join()).toContain('usage query failed')
  })

  it('are null without CloudWatch', async () => {
    const verifiesPerDay = createUsage(undefined, { endpoint: 'http://127.0.0.1:1' }, aLog().log)
    expect(await verifiesPerDay(NOW)).toBeNull()
  })
})
