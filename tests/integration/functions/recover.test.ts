import { describe, expect, it } from '@jest/globals'
import { createHandler as createRecoverHandler } from '../../../functions/recover.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { NOW } from '../../support/licenses.ts'
import { useMail } from '../../support/mail.ts'

const mail = useMail()
const { about, aSale, follow } = mail

describe('POST /api/recover', () => {
  const request = async (email: unknown) => {
    const event = aPost({ email }, { route: '/api/recover' })
    const response = await createRecoverHandler(mail.test.runtime)(event, aContext())
    return { status: response.statusCode, body: bodyOf(response) }
  }
  const deliver = async (address: string) => follow(await about(`RECOVERY#${address}`))

  it('emails every key of an address to it, and responds the same for an unknown address', async () => {
    const email = 'lost@example.com'
    const first = await aSale({ userEmail: email })
    const second = await aSale({ userEmail: email, tier: 'elite' })
    const answer = await request(email)
    mail.test.commands.length = 0
    expect(await request('unknown@example.com')).toEqual(answer)
    expect(mail.test.commands).toEqual(['UpdateItemCommand'])
    expect(answer).toMatchObject({ status: 200, body: { message: expect.any(String) } })
    await deliver(email)
    await deliver('unknown@example.com')
    const [message, ...others] = await mail.inbox.to(email)
    expect(others).toEqual([])
    expect(message?.subject).toBe('Your Quantum Falcon license keys')
    for (const { key } of [first, second]) {
      expect(message?.body.text).toContain(key)
      expect(message?.body.html).toContain(key)
    }
    expect(await mail.inbox.to('unknown@example.com')).toEqual([])
  })

  it('emails the address of the license, not a similar one', async () => {
    const { key } = await aSale({ userEmail: 'Kim@example.com' })
    // U+212A, the Kelvin sign, is a k in lower case.
    await request('\u212aim@example.com')
    await deliver('kim@example.com')
    const [message] = await mail.inbox.to('Kim@example.com')
    expect(message?.body.text).toContain(key)
    expect(await mail.inbox.to('\u212aim@example.com')).toEqual([])
  })

  it('sends at most three emails in any hour', async () => {
    const email = 'often@example.com'
    await aSale({ userEmail: email })
    for (const minute of [0, 10, 50, 55, 59, 60, 61]) {
      mail.test.time.now = NOW + minute * 60_000
      expect((await request(email)).status).toBe(200)
    }
    mail.test.time.now = NOW + DAY_MS
    await deliver(email)
    // Of minutes 0, 10, 50 and 60: that of 60 is an hour after the first.
    expect(await mail.inbox.to(email)).toHaveLength(4)
  })

  it('sends nothing to a suppressed address', async () => {
    const email = 'bounced@example.com'
    await aSale({ userEmail: email })
    await mail.test.runtime.outbox.suppress(email, 'complained', NOW)
    await request(email)
    await deliver(email)
    expect(await mail.inbox.to(email)).toEqual([])
  })

  it.each([[undefined], [''], ['x'], [7], ['a@b.c\r\nBcc: d@e.f'], [`${'x'.repeat(300)}@b.c`]])(
    'refuses %j',
    async (email) => {
      expect(await request(email)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    },
  )
})
