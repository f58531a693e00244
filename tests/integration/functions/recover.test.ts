import { describe, expect, it } from '@jest/globals'
import { createHandler as createRecoverHandler } from '../../../functions/recover.ts'
import { DAY_MS } from '../../../lib/license/index.ts'
import { aContext, aPost, bodyOf } from '../../support/http.ts'
import { NOW } from '../../support/licenses.ts'
import { useMail } from '../../support/mail.ts'

const mail = useMail()
const { about, aSale, follow } = mail

describe('POST /api/recover', () => {
  const ask = async (email: unknown) => {
    const event = aPost({ email }, { route: '/api/recover' })
    const response = await createRecoverHandler(mail.test.runtime)(event, aContext())
    return { status: response.statusCode, body: bodyOf(response) }
  }
  const follows = async (address: string) => follow(await about(`RECOVERY#${address}`))

  it('mails all keys of an address to it, and answers the same for one that has none', async () => {
    const email = 'lost@example.com'
    const first = await aSale({ userEmail: email })
    const second = await aSale({ userEmail: email, tier: 'elite' })
    const answer = await ask(email)
    mail.test.commands.length = 0
    expect(await ask('nobody@example.com')).toEqual(answer)
    expect(mail.test.commands).toEqual(['UpdateItemCommand'])
    expect(answer).toMatchObject({ status: 200, body: { message: expect.any(String) } })
    await follows(email)
    await follows('nobody@example.com')
    const [letter, ...others] = await mail.inbox.to(email)
    expect(others).toEqual([])
    expect(letter?.subject).toBe('Your Quantum Falcon license keys')
    for (const { key } of [first, second]) {
      expect(letter?.body.text).toContain(key)
      expect(letter?.body.html).toContain(key)
    }
    expect(await mail.inbox.to('nobody@example.com')).toEqual([])
  })

  it('mails to the address of the license, not to one that only looks like it', async () => {
    const { key } = await aSale({ userEmail: 'Kim@example.com' })
    // U+212A, the sign of the kelvin, is a k in lower case.
    await ask('\u212aim@example.com')
    await follows('kim@example.com')
    const [letter] = await mail.inbox.to('Kim@example.com')
    expect(letter?.body.text).toContain(key)
    expect(await mail.inbox.to('\u212aim@example.com')).toEqual([])
  })

  it('mails three times an hour at the most, whichever hour that is', async () => {
    const email = 'often@example.com'
    await aSale({ userEmail: email })
    for (const minute of [0, 10, 50, 55, 59, 60, 61]) {
      mail.test.time.now = NOW + minute * 60_000
      expect((await ask(email)).status).toBe(200)
    }
    mail.test.time.now = NOW + DAY_MS
    await follows(email)
    // Of minutes 0, 10, 50 and 60: that of 60 is an hour after the first.
    expect(await mail.inbox.to(email)).toHaveLength(4)
  })

  it('mails nothing to a lost address', async () => {
    const email = 'bounced@example.com'
    await aSale({ userEmail: email })
    await mail.test.runtime.outbox.suppress(email, 'complained', NOW)
    await ask(email)
    await follows(email)
    expect(await mail.inbox.to(email)).toEqual([])
  })

  it.each([[undefined], [''], ['x'], [7], ['a@b.c\r\nBcc: d@e.f'], [`${'x'.repeat(300)}@b.c`]])(
    'refuses %j',
    async (email) => {
      expect(await ask(email)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    },
  )
})
