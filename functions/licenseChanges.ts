/**
 * The table's stream: keeps the revocation list (`/.well-known/revocations.jwt`) and the counters of the overview
 * (`/api/admin/overview`) in step with the licenses. One function for both, because a stream supports two readers at most:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */

import type { Context, DynamoDBStreamEvent } from 'aws-lambda'
import { entry } from '../lib/lambda/entry.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { batchConsumer, streamConsumer } from '../lib/lambda/stream.ts'
import { toLeaseChange } from '../lib/license/index.ts'
import { countedIn, licenseChangeIn } from '../lib/store/stream.ts'

export function createHandler(runtime: Runtime) {
  const { catalog, revocations, summary } = runtime
  const leaseDays = Math.max(...Object.values(catalog.tiers).map((tier) => tier.leaseDays))

  const updateRevocations = streamConsumer(runtime, licenseChangeIn, async ({ before, after }) => {
    const change = toLeaseChange(before, after, leaseDays)
    if (!change) return
    await ('revoked' in change
      ? revocations.add(change.revoked)
      : revocations.lift(change.restored))
  })
  const updateCounters = batchConsumer(runtime, countedIn, summary.count)

  return async (event: DynamoDBStreamEvent, context: Context) => {
    // Counters may be late, revocations may not.
    const revoked = await updateRevocations(event, context)
    const counted = await updateCounters(event, context)
    // Failed counters are retried from the first record on, which covers a failed revocation too.
    return counted.batchItemFailures.length > 0 ? counted : revoked
  }
}

export const handler = await entry(createRuntime, createHandler)
