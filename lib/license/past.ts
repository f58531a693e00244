import type { License, LicenseChange } from './license.ts'
import { applyChange } from './manage.ts'
import type { LicenseStore } from './store.ts'

/**
 * A license as it was at a moment (milliseconds since the epoch), put together from its history; for a moment to come
 * as it is now. Undefined before it was issued.
 *
 * @throws StoreUnavailable
 */
export async function licenseAt(
  { store, now }: { store: Pick<LicenseStore, 'history'>; now: number },
  license: License,
  time: number,
): Promise<License | undefined> {
  if (time >= now) return license
  const [issue, ...changes] = (await store.history(license.id, { until: time })).toReversed()
  if (!issue) return
  return [issue, ...changes]
    .map(({ after }) => after)
    .reduce<License>(applyTold, { ...license, facts: ABSENT })
}

/** What a history begins with says every fact. */
const ABSENT: License['facts'] = {
  admin: 'clear',
  billing: { status: 'pending', paidUntil: null },
  risk: 'clear',
}

const applyTold = (license: License, change: LicenseChange) => applyChange(license, change)
