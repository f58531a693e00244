/**
 * The table's stream: licenses that are not good any more while devices may hold a lease of them, or are again. It keeps the list that
 * `/.well-known/revocations.jwt` shows, so that nobody who changes a license has to think of it.
 */

import { entry } from '../lib/lambda/entry.ts'
import { licenseChangeIn } from '../lib/lambda/records.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { streamConsumer } from '../lib/lambda/stream.ts'
import { leaseChangeOf } from '../lib/license/index.ts'

export function createHandler(runtime: Runtime) {
  const { catalog, revocations } = runtime
  const leaseDays = Math.max(...Object.values(catalog.tiers).map((tier) => tier.leaseDays))
  return streamConsumer(runtime, [], licenseChangeIn, async ({ before, after }) => {
    const change = leaseChangeOf(before, after, leaseDays)
    if (!change) return
    await ('revoked' in change
      ? revocations.add(change.revoked)
      : revocations.lift(change.restored))
  })
}

export const handler = await entry(createHandler)
