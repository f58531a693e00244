import type { License } from './license.ts'
import { applyChange } from './manage.ts'
import type { LicenseStore } from './store.ts'

/**
 * Rebuilds a license from its history as of `time` (milliseconds since the epoch). Returns the current license for a
 * future time, and undefined for a time before its issue.
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

/** Placeholders: the first history entry sets every fact. */
const ABSENT: License['facts'] = {
  admin: 'clear',
  billing: { status: 'pending', paidUntil: null },
  risk: 'clear',
}
