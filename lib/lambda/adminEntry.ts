import { countedAs, type Env } from '../config.ts'
import { type Answering, startIn } from './environment.ts'
import { BOUNDED, createRuntime, type Runtime } from './runtime.ts'
import { createUsage, type VerifiesPerDay } from './usage.ts'

export interface AdminRuntime extends Runtime {
  readonly verifiesPerDay: VerifiesPerDay
}

function createAdminRuntime(env: Env): AdminRuntime {
  const runtime = createRuntime(env)
  return { ...runtime, verifiesPerDay: createUsage(countedAs(env), BOUNDED, runtime.log) }
}

/** A function that also asks CloudWatch, which no other one has to carry along, as Lambda calls it: see `startIn`. */
export const adminEntry = <Event, Answer>(
  createHandler: (runtime: AdminRuntime) => Answering<Event, Answer>,
): Promise<Answering<Event, Answer>> => startIn(process.env, createAdminRuntime, createHandler)
