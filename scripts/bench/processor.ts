import { readFileSync } from 'node:fs'

/** What a tick of Linux's count of processor time is, in milliseconds. */
const TICK_MS = 10
/** Where in the line of a process the ticks of it and of its calls to the system are. */
const USER = 11
const SYSTEM = 12

/** Processor time that another process has used, in milliseconds; undefined where the system does not tell. */
export function processorMs(pid: number | undefined): number | undefined {
  try {
    // The name of the command comes before, in brackets, and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return (Number(fields[USER]) + Number(fields[SYSTEM])) * TICK_MS
  } catch {
    return undefined
  }
}

/** The first process that another one started; undefined where the system does not tell, or when there is none. */
export function childOf(pid: number | undefined): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return Number(child) || undefined
  } catch {
    return undefined
  }
}
