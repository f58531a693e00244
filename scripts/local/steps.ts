/** The interval at which a step that takes long says so. */
const NOTICE_MS = 5000

interface StepsOptions {
  /** Ends every step when it aborts; a step then fails with its reason. */
  readonly signal: AbortSignal
  /** The time for all steps together. */
  readonly limitMs: number
  readonly print: (line: string) => void
}

/**
 * Runs one step of a start.
 *
 * @param name what is waited for, as in "Waiting for <name> (12 s) ..."
 * @param work is given a signal that aborts when the step is to end
 * @throws Error that names the step once the limit is reached, or what the work throws
 */
export type Step = <Result>(
  name: string,
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>

/** Creates a runner of steps that prints how long each takes, and ends them all at one limit from now on. */
export function createSteps({ signal: stop, limitMs, print }: StepsOptions): Step {
  const limit = AbortSignal.timeout(limitMs)
  const signal = AbortSignal.any([stop, limit])
  return async (name, work) => {
    const begun = performance.now()
    const seconds = (digits: number) => ((performance.now() - begun) / 1000).toFixed(digits)
    const notice = setInterval(() => print(`Waiting for ${name} (${seconds(0)} s) ...`), NOTICE_MS)
    const { promise: ended, reject } = Promise.withResolvers<never>()
    const end = () =>
      reject(
        stop.aborted ? stop.reason : new Error(`Gave up on ${name} after ${inWords(limitMs)}.`),
      )
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
    try {
      const result = await Promise.race([ended, signal.aborted ? ended : work(signal)])
      print(`  ${name} ${seconds(1)} s`)
      return result
    } finally {
      clearInterval(notice)
      signal.removeEventListener('abort', end)
    }
  }
}

const inWords = (milliseconds: number) =>
  milliseconds >= 60_000 ? `${milliseconds / 60_000} minutes` : `${milliseconds / 1000} seconds`
