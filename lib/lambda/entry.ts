import { type Answering, startIn } from './environment.ts'
import { createRuntime, type Runtime } from './runtime.ts'

/** A function on everything that there is, as Lambda calls it: see `startIn`. */
export const entry = <Event, Answer>(
  createHandler: (runtime: Runtime) => Answering<Event, Answer>,
): Promise<Answering<Event, Answer>> => startIn(process.env, createRuntime, createHandler)
