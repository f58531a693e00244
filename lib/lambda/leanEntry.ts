import type { Env } from '../config.ts'
import { type Answering, type Startable, startIn } from './environment.ts'

/** A function without the AWS SDK, as Lambda calls it: see `startIn`. */
export const leanEntry = <Of extends Startable, Event, Answer>(
  createRuntime: (env: Env) => Of,
  createHandler: (runtime: Of) => Answering<Event, Answer>,
): Promise<Answering<Event, Answer>> => startIn(process.env, createRuntime, createHandler)
