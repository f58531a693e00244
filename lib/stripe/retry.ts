import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../license/store.ts'

const MAX_ATTEMPTS = 10
const BASE_PAUSE_MS = 25
const MAX_PAUSE_MS = 800

/**
 * Repeats an attempt that lost against a concurrent write, with exponential backoff and full jitter.
 *
 * @throws StoreUnavailable after 10 attempts
 */
export async function retryWhileStale<T extends object>(
  attempt: () => Promise<T | 'stale'>,
): Promise<T> {
  for (let count = 1; count <= MAX_ATTEMPTS; count++) {
    const result = await attempt()
    if (result !== 'stale') return result
    await sleep(Math.random() * Math.min(BASE_PAUSE_MS * 2 ** count, MAX_PAUSE_MS))
  }
  throw new StoreUnavailable(new Error('Too many concurrent writes to the same purchase'))
}
