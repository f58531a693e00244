import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHandler } from '../../../functions/mailEvents.ts'
import type { NoticeRef } from '../../../lib/mail/outbox.ts'
import { issued, NOW } from '../../support/licenses.ts'
import { aRuntime, type TestRuntime } from '../../support/runtime.ts'

let test: TestRuntime
beforeAll(async () => {
  test = await aRuntime()
})
beforeEach(() => {
  test.counts.length = 0
})
afterAll(() => test.stop())

let users = 0
/** A license whose mail was sent. */
async function aNotice(): Promise<NoticeRef & { email: string }> {
  const userEmail = `event_${++users}@example.com`
  const { license } = await issued(test.runtime.store, { userId: `event_${users}`, userEmail })
  const notice = { licenseId: license.id, kind: 'issued', period: 'first' } as const
  await test.runtime.outbox.close(notice, { state: 'sent', messageId: 'm' }, NOW)
  return { ...notice, email: userEmail }
}

/** As much of an event of SES as EventBridge hands on. */
const anEvent = (
  type: string,
  { licenseId, kind, period, email }: Awaited<ReturnType<typeof aNotice>>,
  more: object = {},
) => ({
  source: 'aws.ses',
  'detail-type': type,
  detail: {
    eventType: type.split(' ')[1],
    mail: {
      messageId: 'm',
      destination: [email],
      tags: {
        'ses:configuration-set': ['license-authority-prod'],
        licenseId: [licenseId],
        kind: [kind],
        period: [Buffer.from(period).toString('base64url')],
      },
    },
    ...more,
  },
})
const tell = (event: object) => createHandler(test.runtime)(event as never)
const bounce = (bounceType: string, emailAddress: string) => ({
  bounce: { bounceType, bouncedRecipients: [{ emailAddress }] },
})
const stateOf = async ({ licenseId }: NoticeRef) =>
  (await test.runtime.outbox.list(licenseId)).map(({ state }) => state)

const mailsCounted = () => test.counts.filter((count) => count.includes('Mail'))

describe('what SES tells of a mail', () => {
  it('is that it arrived', async () => {
    const notice = await aNotice()
    await tell(anEvent('Email Delivered', notice))
    expect(await stateOf(notice)).toEqual(['delivered'])
    expect(await test.runtime.outbox.isSuppressed(notice.email)).toBe(false)
    expect(mailsCounted()).toEqual([JSON.stringify({ name: 'Mail', outcome: 'delivered' })])
  })

  it('is that it came back for good, and the address is lost', async () => {
    const notice = await aNotice()
    await tell(anEvent('Email Bounced', notice, bounce('Permanent', notice.email)))
    // SES may tell of an arrival before it tells that it came back, or after.
    await tell(anEvent('Email Delivered', notice))
    expect(await stateOf(notice)).toEqual(['bounced'])
    expect(await test.runtime.outbox.isSuppressed(notice.email)).toBe(true)
  })

  it('is that it came back for now, and the address is not lost', async () => {
    const notice = await aNotice()
    await tell(anEvent('Email Bounced', notice, bounce('Transient', notice.email)))
    expect(await stateOf(notice)).toEqual(['bounced'])
    expect(await test.runtime.outbox.isSuppressed(notice.email)).toBe(false)
  })

  it('is that it was called spam, and the address is lost', async () => {
    const notice = await aNotice()
    const complaint = { complainedRecipients: [{ emailAddress: notice.email }] }
    await tell(anEvent('Email Complaint Received', notice, { complaint }))
    expect(await stateOf(notice)).toEqual(['complained'])
    expect(await test.runtime.outbox.isSuppressed(notice.email)).toBe(true)
    expect(mailsCounted()).toEqual([JSON.stringify({ name: 'Mail', outcome: 'complained' })])
    expect(test.lines.join()).not.toContain(notice.email)
  })

  it('may come before the function that sent it has said so', async () => {
    const { license } = await issued(test.runtime.store, { userId: 'early' })
    const notice = { licenseId: license.id, kind: 'issued', period: 'first' } as const
    await test.runtime.outbox.report(notice, 'delivered', NOW + 1)
    await test.runtime.outbox.close(notice, { state: 'sent', messageId: 'm' }, NOW)
    expect(await stateOf(notice)).toEqual(['delivered'])
  })

  it('is of a mail that is of no license', async () => {
    const email = 'recovered@example.com'
    const event = {
      'detail-type': 'Email Bounced',
      detail: { mail: {}, ...bounce('Permanent', email) },
    }
    await tell(event)
    expect(await test.runtime.outbox.isSuppressed(email)).toBe(true)
  })

  it('is of a license that is not there', async () => {
    const nobody = { licenseId: 'lic_none', kind: 'issued', period: 'x', email: 'x@example.com' }
    await tell(anEvent('Email Delivered', nobody as never))
    expect(await test.runtime.outbox.list('lic_none' as never)).toEqual([])
  })

  it('is nothing of interest', async () => {
    const notice = await aNotice()
    await tell(anEvent('Email Opened', notice))
    expect(await stateOf(notice)).toEqual(['sent'])
    expect(mailsCounted()).toEqual([])
  })

  it('is no event of SES, and is not taken for one', async () => {
    await expect(tell({ 'detail-type': 7 })).rejects.toThrow()
  })
})
