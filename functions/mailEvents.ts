/** What SES tells of mails that were sent: that they arrived, came back, or were called spam. */

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
    log.info('mail event', { state, licenseId: notice?.licenseId, kind: notice?.kind })
    metrics.count('Mail', { outcome: state })
    return { state }
  }
}

export const handler = await entry(createRuntime, createHandler)
