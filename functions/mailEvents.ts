/** EventBridge: records deliveries, bounces and complaints of emails, from SES. A lost address gets no further email. */

import { entry } from '../lib/lambda/entry.ts'
import type { Runtime } from '../lib/lambda/runtime.ts'
import { createRuntime } from '../lib/lambda/sdkRuntime.ts'
import { type MailEvent, parseMailEvent } from '../lib/mail/events.ts'

export function createHandler({ clock, log, metrics, outbox }: Runtime) {
  return async (event: MailEvent) => {
    const report = parseMailEvent(event)
    if (!report) return {}
    const { state, notice, suppress } = report
    const now = clock()
    if (notice) await outbox.report(notice, state, now)
    if (state !== 'delivered') {
      await Promise.all(suppress.map((address) => outbox.suppress(address, state, now)))
    }
    log.info('email event', { state, licenseId: notice?.licenseId, kind: notice?.kind })
    metrics.count('Mail', { outcome: state })
    return { state }
  }
}

export const handler = await entry(createRuntime, createHandler)
