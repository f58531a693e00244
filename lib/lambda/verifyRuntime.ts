import type { Env } from '../config.ts'
import { createLookupStores } from '../store/lookupStores.ts'
import { createLeanRuntime } from './leanRuntime.ts'

/** What verifying needs, and nothing that writes a license. */
export type VerifyRuntime = ReturnType<typeof createVerifyRuntime>

/** @throws Error that names a variable of the environment which is missing. */
export const createVerifyRuntime = (env: Env) => createLeanRuntime(env, createLookupStores)
