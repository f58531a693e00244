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
/** A notice whose email was sent. */
async function aNotice(): Promise<NoticeRef & { email: string }> {
  const userEmail = `event_${++users}@example.com`
  const { license } = await issued(test.runtime.store, { userId: `event_${users}`, userEmail })
  const notice = { licenseId: license.id, kind: 'issued', period: 'first' } as const
  await test.runtime.outbox.close(notice, { state: 'sent', messageId: 'm' }, NOW)
  return { ...notice, email: userEmail }
}

/** The parts of EventBridge's event that are read. */
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
const handle = (event: object) => createHandler(test.runtime)(event as never)
const bounce = (bounceType: string, emailAddress: string) => ({
  bounce: { bounceType, bouncedRecipients: [{ emailAddress }] },
})
const stateOf = async ({ licenseId }: NoticeRef) =>
  (await test.runtime.outbox.list(licenseId)).map(({ state }) => state)

const countedEmails = () => test.counts.filter((count) => count.includes('Mail'))

describe('an email event of SES', () => {
  const complaint = (email: string) => ({
    complaint: { complainedRecipients: [{ emailAddress: email }] },
  })
  it.each<[string, (email: string) => object, state: string, isSuppressed: boolean]>([
    ['Email Delivered', () => ({}), 'delivered', false],
    ['Email Bounced', (email) => bounce('Permanent', email), 'bounced', true],
    ['Email Bounced', (email) => bounce('Transient', email), 'bounced', false],
    ['Email Complaint Received', complaint, 'complained', true],
  ])('%s with %s sets %s, suppresses the address: %s', async (type, more, state, isSuppressed) => {
    const notice = await aNotice()
    await handle(anEvent(type, notice, more(notice.email)))
    expect(await stateOf(notice)).toEqual([state])
    expect(await test.runtime.outbox.isSuppressed(notice.email)).toBe(isSuppressed)
    expect(countedEmails()).toEqual([JSON.stringify({ name: 'Mail', outcome: state })])
    expect(test.lines.join()).not.toContain(notice.email)
  })

  it('of a delivery does not replace a bounce', async () => {
    const notice = await aNotice()
    await handle(anEvent('Email Bounced', notice, bounce('Permanent', notice.email)))
    await handle(anEvent('Email Delivered', notice))
    expect(await stateOf(notice)).toEqual(['bounced'])
  })

  it('can arrive before the sending function has closed the notice', async () => {
    const { license } = await issued(test.runtime.store, { userId: 'early' })
    const notice = { licenseId: license.id, kind: 'issued', period: 'first' } as const
    await test.runtime.outbox.report(notice, 'delivered', NOW + 1)
    await test.runtime.outbox.close(notice, { state: 'sent', messageId: 'm' }, NOW)
    expect(await stateOf(notice)).toEqual(['delivered'])
  })

  it('suppresses the address of an email about no license', async () => {
    const email = 'recovered@example.com'
    const detail = { mail: {}, ...bounce('Permanent', email) }
    await handle({ 'detail-type': 'Email Bounced', detail })
    expect(await test.runtime.outbox.isSuppressed(email)).toBe(true)
  })

  it('of an unknown license or of another type changes nothing', async () => {
    const unknown = { licenseId: 'lic_none', kind: 'issued', period: 'x', email: 'x@example.com' }
    await handle(anEvent('Email Delivered', unknown as never))
    expect(await test.runtime.outbox.list('lic_none' as never)).toEqual([])
    const notice = await aNotice()
    test.counts.length = 0
    await handle(anEvent('Email Opened', notice))
    expect(await stateOf(notice)).toEqual(['sent'])
    expect(countedEmails()).toEqual([])
  })

  it('is rejected in any other form', async () => {
    await expect(handle({ 'detail-type': 7 })).rejects.toThrow()
  })
})
