import type { Server } from './server.ts'

const DAILY = /^cron\((\d+) (\d+) \* \* \? \*\)$/

/**
 * Returns the next due time of an EventBridge schedule, in milliseconds since the epoch.
 *
 * @param expression a daily one: `cron(<minute> <hour> * * ? *)`, in UTC
 * @throws RangeError for any other expression
 */
export function nextTime(expression: string, after: number): number {
  const [, minute, hour] = DAILY.exec(expression) ?? []
  if (minute === undefined || hour === undefined) {
    throw new RangeError(`npm start supports only daily schedules, not ${expression}.`)
  }
  const next = new Date(after)
  next.setUTCHours(Number(hour), Number(minute), 0, 0)
  if (next.getTime() <= after) next.setUTCDate(next.getUTCDate() + 1)
  return next.getTime()
}

/** Invokes a function on its schedule, as EventBridge does. */
export function followSchedule(expression: string, invoke: () => Promise<unknown>): Server {
  const { promise: exited, resolve } = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout
  function wait(after: number): void {
    const due = nextTime(expression, after)
    timer = setTimeout(() => {
      invoke().catch((error: Error) => console.error(error.message))
      // A timer may fire a moment early.
      wait(Math.max(due, Date.now()))
    }, due - Date.now())
  }
  wait(Date.now())
  return {
    url: '',
    exited,
    async stop() {
      clearTimeout(timer)
      resolve()
    },
  }
}
