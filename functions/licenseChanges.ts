/**
 * The table's stream: what changes of licenses mean. It keeps the list that `/.well-known/revocations.jwt` shows, of licenses that
 * are not good any more while devices may hold a lease of them, and the numbers that `/api/admin/overview` shows, so that
 * nobody who changes a license has to think of either. One function for both, because a stream has not more than two readers:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */

import { entry } from '../lib/lambda/entry.ts'
import { countedIn, licenseChangeIn } from '../lib/lambda/records.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { batchConsumer, streamConsumer } from '../lib/lambda/stream.ts'
import { toLeaseChange } from '../lib/license/index.ts'

export function createHandler(runtime: Runtime) {
  const { catalog, revocations, summary } = runtime
  const leaseDays = Math.max(...Object.values(catalog.tiers).map((tier) => tier.leaseDays))
  const listRevocations = streamConsumer(
    runtime,
    [],
    licenseChangeIn,
    async ({ before, after }) => {
      const change = toLeaseChange(before, after, leaseDays)
      if (!change) return
      await ('revoked' in change
        ? revocations.add(change.revoked)
        : revocations.lift(change.restored))
    },
  )
  const count = batchConsumer(runtime, countedIn, summary.count)

  // Numbers may be late, revocations may not.
  return async (...told: Parameters<typeof listRevocations>) => {
    const listed = await listRevocations(...told)
    const counted = await count(...told)
    // What was not counted begins with the first record.
    return counted.batchItemFailures.length > 0 ? counted : listed
  }
}

export const handler = await entry(createRuntime, createHandler)
