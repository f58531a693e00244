/**
 * The table's stream: what holders of licenses are to be told, and who asked for lost keys. Each becomes a mail.
 */

import { entry } from '../lib/lambda/entry.ts'
import { createMailer } from '../lib/lambda/mailer.ts'
import { noticeIn, recoveryIn } from '../lib/lambda/records.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { KEY_SECRETS, keysOf } from '../lib/lambda/secrets.ts'
import { streamConsumer } from '../lib/lambda/stream.ts'
import { deliver, recover } from '../lib/mail/deliver.ts'

export function createHandler(runtime: Runtime) {
  const { catalog, clock, log, metrics, outbox, store } = runtime
  const mailer = createMailer(runtime)
  return streamConsumer(
    runtime,
    KEY_SECRETS,
    (record) => noticeIn(record) ?? recoveryIn(record),
    async (told, secrets) => {
      const keys = keysOf(secrets, catalog)
      const context = { store, outbox, mailer, catalog, keys, now: clock() }
      if ('address' in told) {
        const sent = await recover(context, told)
        log.info('keys recovered', { mails: sent })
        return
      }
      const outcome = await deliver(context, told)
      log.info('mail', { licenseId: told.licenseId, kind: told.kind, outcome })
      metrics.count('Mail', { outcome })
    },
  )
}

export const handler = await entry(createRuntime, createHandler)
