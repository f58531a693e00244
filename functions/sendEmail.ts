/**
 * The table's stream: sends an email for each notice of a license and each request for lost keys. Failed records are retried,
 * so that an email can arrive twice, but is never lost.
 */

import middy from '@middy/core'
import { entry } from '../lib/lambda/entry.ts'
import { createMailer } from '../lib/lambda/mailer.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { KEY_SECRETS, secretsManager, toKeys } from '../lib/lambda/secrets.ts'
import { streamConsumer } from '../lib/lambda/stream.ts'
import { deliver, recover } from '../lib/mail/deliver.ts'
import { noticeIn, recoveryIn } from '../lib/store/stream.ts'

type Message = NonNullable<ReturnType<typeof noticeIn> | ReturnType<typeof recoveryIn>>

export function createHandler(runtime: Runtime) {
  const { catalog, clock, log, metrics, outbox, store } = runtime
  const mailer = createMailer(runtime)

  // Only records that cause an email need the secrets. Middy's early timeout would count as a permanent failure.
  const send = middy<Message, void>({ timeoutEarlyInMillis: 0 })
    .use(secretsManager(runtime, KEY_SECRETS))
    .handler(async (message, { secrets }) => {
      const keys = toKeys(secrets, catalog)
      const context = { store, outbox, mailer, catalog, keys, now: clock() }
      if ('address' in message) {
        const sent = await recover(context, message)
        log.info('keys recovered', { emails: sent })
        return
      }
      const outcome = await deliver(context, message)
      log.info('email', { licenseId: message.licenseId, kind: message.kind, outcome })
      metrics.count('Mail', { outcome })
    })

  return streamConsumer(runtime, (record) => noticeIn(record) ?? recoveryIn(record), send)
}

export const handler = await entry(createRuntime, createHandler)
