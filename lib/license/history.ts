import type { License } from './license.ts'
import { applyChange } from './manage.ts'
import type { LicenseStore } from './store.ts'

/**
 * A license as it was at a moment (milliseconds since the epoch), put together from its history; for a moment to come
 * as it is now. Undefined before it was issued.
 *
 * @throws StoreUnavailable
 */
export async function replayHistory(
  { store, now }: { store: Pick<LicenseStore, 'history'>; now: number },
  license: License,
  time: number,
): Promise<License | undefined> {
  if (time >= now) return license
  const history = (await store.history(license.id, { until: time })).toReversed()
  if (history.length === 0) return
  return history.reduce<License>((known, { after, at }) => applyChange(known, after, at), {
    ...license,
    facts: ABSENT,
  })
}

/** What a history begins with says every fact. */
const ABSENT: License['facts'] = {
  admin: 'clear',
  billing: { status: 'pending', paidUntil: null },
  risk: 'clear',
}
