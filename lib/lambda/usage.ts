import type { CloudWatchClientConfig, MetricDataResult } from '@aws-sdk/client-cloudwatch'
import type { DailyVerifications } from '../admin/route.ts'
import { DAY_MS, type RefusalCode } from '../license/index.ts'
import type { Log } from './log.ts'
import { NAMESPACE } from './metrics.ts'

const SHOWN_DAYS = 30

/** CloudWatch charges a thousandth of a cent for each metric of a query. */
const CACHED_MS = 10 * 60 * 1000

/** The values of the dimension `code`. */
const CODES = Object.keys({
  VALID: true,
  NOT_FOUND: true,
  EXPIRED: true,
  SUSPENDED: true,
  REVOKED: true,
  PENDING: true,
  DEVICE_REQUIRED: true,
  DEVICE_NOT_ACTIVATED: true,
} satisfies Record<Exclude<RefusalCode, 'MALFORMED'> | 'VALID', true>)

/**
 * Returns the number of verifications on each of the last 30 days in UTC, today last. Returns null without CloudWatch, and
 * while CloudWatch is unavailable: the overview is useful without them.
 *
 * @param now milliseconds since the epoch
 */
export type VerifiesPerDay = (now: number) => Promise<readonly DailyVerifications[] | null>

/** @param service the `service` dimension of the metrics, or undefined without CloudWatch */
export function createUsage(
  service: string | undefined,
  options: CloudWatchClientConfig,
  log: Log,
): VerifiesPerDay {
  if (service === undefined) return async () => null
  let cached:
    | { readonly at: number; readonly days: readonly DailyVerifications[] | null }
    | undefined

  async function query(now: number): Promise<readonly DailyVerifications[]> {
    // Loaded on demand: only the overview needs it, and it takes some milliseconds.
    const { CloudWatchClient, GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch')
    const today = Math.floor(now / DAY_MS) * DAY_MS
    const first = today - (SHOWN_DAYS - 1) * DAY_MS
    const { MetricDataResults = [] } = await new CloudWatchClient(options).send(
      new GetMetricDataCommand({
        StartTime: new Date(first),
        EndTime: new Date(today + DAY_MS),
        MetricDataQueries: CODES.map((code) => ({
          Id: code.toLowerCase(),
          MetricStat: {
            Metric: {
              Namespace: NAMESPACE,
              MetricName: 'Verified',
              Dimensions: [
                { Name: 'service', Value: service },
                { Name: 'code', Value: code },
              ],
            },
            Period: DAY_MS / 1000,
            Stat: 'Sum',
          },
        })),
      }),
    )
    return Array.from({ length: SHOWN_DAYS }, (_, index) => {
      const start = first + index * DAY_MS
      const valid = sumOfDay(start, MetricDataResults.filter(isValid))
      const all = sumOfDay(start, MetricDataResults)
      return { day: new Date(start).toISOString().slice(0, 10), valid, refused: all - valid }
    })
  }

  return async (now) => {
    if (cached && now >= cached.at && now - cached.at < CACHED_MS) return cached.days
    const days = await query(now).catch((error: Error) => {
      log.warn('usage query failed', { error: error.name })
      return null
    })
    cached = { at: now, days }
    return days
  }
}

const isValid = ({ Id }: MetricDataResult) => Id === 'valid'

const sumOfDay = (start: number, results: readonly MetricDataResult[]) =>
  results.reduce((sum, { Timestamps = [], Values = [] }) => {
    const index = Timestamps.findIndex((time) => time.getTime() === start)
    return sum + (Values[index] ?? 0)
  }, 0)
