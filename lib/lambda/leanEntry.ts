import { type Answering, startIn } from './environment.ts'
import { createLeanRuntime, type LeanRuntime } from './leanRuntime.ts'

/** A function on what verifying needs and nothing else, as Lambda calls it: see `startIn`. */
export const leanEntry = <Event, Answer>(
  createHandler: (runtime: LeanRuntime) => Answering<Event, Answer>,
): Promise<Answering<Event, Answer>> => startIn(process.env, createLeanRuntime, createHandler)
