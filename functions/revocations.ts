/**
 * The table's stream: licenses that are not good any more while devices may hold a lease of them. It keeps the list that
 * `/.well-known/revocations.jwt` shows, so that nobody who changes a license has to think of it.
 */

import { findTier } from '../lib/catalog/tier.ts'
import { entry } from '../lib/lambda/entry.ts'
import { licenseChangeIn } from '../lib/lambda/records.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { streamConsumer } from '../lib/lambda/stream.ts'
import { revocationOf } from '../lib/license/index.ts'

export function createHandler(runtime: Runtime) {
  const { catalog, revocations } = runtime
  return streamConsumer(runtime, [], licenseChangeIn, async ({ before, after }) => {
    const graceDays = findTier(catalog, before.tier)?.graceDays ?? 0
    const revocation = revocationOf(before, after, graceDays)
    if (revocation) await revocations.add(revocation)
  })
}

export const handler = await entry(createHandler)
