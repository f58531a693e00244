import { setTimeout as sleep } from 'node:timers/promises'

/** How often what lost against others is tried again. */
export const TRIES = 8
/** How long the first pause is at most, and any. */
const PAUSE_MS = 20
const MAX_PAUSE_MS = 500

/** Waits before the next attempt: twice as long at most each time. */
export const pause = (attempt: number) =>
  sleep(Math.random() * Math.min(PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS))
