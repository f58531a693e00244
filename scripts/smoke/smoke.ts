import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, createChecks } from './checks.ts'

interface SmokeOptions {
  readonly url: string
  /** An API token with the scope `licenses:read`. */
  readonly token?: string | undefined
  /** An origin that CORS must allow. */
  readonly origin?: string | undefined
  /** The total time to wait for a service that is starting. */
  readonly patienceMs: number
}

/** Doubles after each attempt, so that the check with an unknown key stays far below the rate limit. */
const FIRST_PAUSE_MS = 1000

/** Checks a service from outside and prints one line for each check. Returns true if all passed. */
export async function smoke(
  { patienceMs, ...options }: SmokeOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  let isHealthy = true
  for (const check of createChecks(options)) {
    const result = await runUntil(deadline, check)
    const isExpected = result === check.expected
    isHealthy &&= isExpected
    print(
      isExpected
        ? `ok    ${check.title}: ${result}`
        : `FAIL  ${check.title}: expected ${check.expected}; got ${result}`,
    )
  }
  return isHealthy
}

/** Repeats a check until it passes or the time is over. Returns the last result. */
async function runUntil(deadline: number, { run, expected }: Check): Promise<string> {
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    const result = await run().catch((error: Error) => error.message)
    const left = deadline - Date.now()
    if (result === expected || left <= 0) return result
    await sleep(Math.min(pause, left))
  }
}
