import { setTimeout as sleep } from 'node:timers/promises'
import { createAsk } from './ask.ts'
import { type Check, checksOf } from './checks.ts'

interface Options {
  readonly url: string
  readonly token?: string | undefined
  readonly origin?: string | undefined
  /** How long a service that is just starting is waited for, in all. */
  readonly patienceMs: number
}

/** From one try of a check to the next it doubles, so that a guess of a key is repeated a few times at the most. */
const PAUSE_MS = 1000

/** Checks a service from outside, and prints a line for each check. Answers whether all is well. */
export async function smoke(
  { url, patienceMs, ...asked }: Options,
  print: (line: string) => void,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  let isWell = true
  for (const check of checksOf(createAsk(url), asked)) {
    const came = await triedUntil(deadline, check)
    const isGood = came === check.expected
    isWell &&= isGood
    print(
      isGood
        ? `ok    ${check.title}: ${came}`
        : `FAIL  ${check.title}: expected ${check.expected}; came ${came}`,
    )
  }
  return isWell
}

/** What came last: the good answer, or what came when there was no time left for another try. */
async function triedUntil(deadline: number, { came, expected }: Check): Promise<string> {
  for (let pause = PAUSE_MS; ; pause *= 2) {
    const last = await came().catch((error: Error) => error.message)
    const left = deadline - Date.now()
    if (last === expected || left <= 0) return last
    await sleep(Math.min(pause, left))
  }
}
