/** Daily schedule: reminds customers of licenses that are about to expire and do not renew. Repeated runs send nothing twice. */

import { entry } from '../lib/lambda/entry.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { remind } from '../lib/mail/remind.ts'

export function createHandler({ clock, log, outbox, store }: Runtime) {
  return async () => {
    const reminded = await remind({ store, outbox, now: clock() })
    log.info('reminders', { reminded })
    return { reminded }
  }
}

export const handler = await entry(createRuntime, createHandler)
