import type { CloudWatchClientConfig, MetricDataResult } from '@aws-sdk/client-cloudwatch'
import type { DailyVerifications } from '../admin/route.ts'
import { DAY_MS, type RefusalCode } from '../license/index.ts'
import type { Log } from './log.ts'
import { NAMESPACE } from './metrics.ts'

const SHOWN_DAYS = 30

/** Each metric that is asked for costs a thousandth of a cent, so that not every look asks. */
const REMEMBERED_MS = 10 * 60 * 1000

/** What verifications are counted as. */
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
 * How many verifications were answered on each of the last thirty days in UTC, the last one today; null where nobody counts
 * them, and while CloudWatch does not answer: an overview is worth something without them.
 *
 * @param now milliseconds since the epoch
 */
export type VerifiesPerDay = (now: number) => Promise<readonly DailyVerifications[] | null>

/** @param service whose metrics they are; undefined where there is no CloudWatch */
export function createUsage(
  service: string | undefined,
  options: CloudWatchClientConfig,
  log: Log,
): VerifiesPerDay {
  if (service === undefined) return async () => null
  let known:
    | { readonly at: number; readonly days: readonly DailyVerifications[] | null }
    | undefined

  async function ask(now: number): Promise<readonly DailyVerifications[]> {
    // Nobody else needs it, and it takes some milliseconds to load.
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
      const valid = sumOn(start, MetricDataResults.filter(isOfValid))
      const all = sumOn(start, MetricDataResults)
      return { day: new Date(start).toISOString().slice(0, 10), valid, refused: all - valid }
    })
  }

  return async (now) => {
    if (known && now >= known.at && now - known.at < REMEMBERED_MS) return known.days
    const days = await ask(now).catch((error: Error) => {
      log.warn('verifications could not be counted', { error: error.name })
      return null
    })
    known = { at: now, days }
    return days
  }
}

const isOfValid = ({ Id }: MetricDataResult) => Id === 'valid'

const sumOn = (start: number, results: readonly MetricDataResult[]) =>
  results.reduce((sum, { Timestamps = [], Values = [] }) => {
    const place = Timestamps.findIndex((time) => time.getTime() === start)
    return sum + (Values[place] ?? 0)
  }, 0)
