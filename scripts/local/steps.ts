/** Interval of the messages about a slow step. */
const NOTICE_MS = 5000

interface StepsOptions {
  /** Aborts every step, which then fails with its reason. */
  readonly signal: AbortSignal
  /** Time limit of all steps together. */
  readonly limitMs: number
  readonly print: (line: string) => void
}

/**
 * Runs one step of a start.
 *
 * @param name completes "Waiting for <name> (12 s) ..."
 * @param work receives a signal that aborts with the step
 * @throws Error that names the step at the time limit, or the error of the work
 */
export type Step = <Result>(
  name: string,
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>

/** Creates a runner that prints the duration of each step, with one time limit for all. */
export function createSteps({ signal: stop, limitMs, print }: StepsOptions): Step {
  const limit = AbortSignal.timeout(limitMs)
  const signal = AbortSignal.any([stop, limit])
  return async (name, work) => {
    const start = performance.now()
    const seconds = (digits: number) => ((performance.now() - start) / 1000).toFixed(digits)
    const notice = setInterval(() => print(`Waiting for ${name} (${seconds(0)} s) ...`), NOTICE_MS)
    const { promise: ended, reject } = Promise.withResolvers<never>()
    const end = () =>
      reject(
        stop.aborted
          ? stop.reason
          : new Error(`Gave up on ${name} after ${formatDuration(limitMs)}.`),
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

const formatDuration = (milliseconds: number) =>
  milliseconds >= 60_000 ? `${milliseconds / 60_000} minutes` : `${milliseconds / 1000} seconds`
