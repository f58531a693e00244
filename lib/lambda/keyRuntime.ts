import type { Env } from '../config.ts'
import { createKeyStores } from '../store/keyStores.ts'
import { counted } from './counted.ts'
import { createLeanRuntime } from './leanRuntime.ts'

/** What issuing keys and using them on devices needs. */
export type KeyRuntime = ReturnType<typeof createKeyRuntime>

/** @throws Error that names a variable of the environment which is missing. */
export function createKeyRuntime(env: Env) {
  const runtime = createLeanRuntime(env, createKeyStores)
  return { ...runtime, store: counted(runtime.store, runtime.metrics) }
}
