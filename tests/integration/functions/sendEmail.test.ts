import { describe, expect, it } from '@jest/globals'
import { createHandler as createAdminHandler } from '../../../functions/admin.ts'
import { createHandler as createWebhookHandler } from '../../../functions/stripeWebhook.ts'
import type { Runtime } from '../../../lib/lambda/runtime.ts'
import {
  DAY_MS,
  type LicenseChange,
  type LicenseId,
  type Notice,
} from '../../../lib/license/index.ts'
import { StoreUnavailable } from '../../../lib/license/store.ts'
import { aContext, aPost, aRequest, bodyOf } from '../../support/http.ts'
import { NOW } from '../../support/licenses.ts'
import { useMail } from '../../support/mail.ts'
import { aCheckout, aSignature } from '../../support/stripe.ts'

const mail = useMail()
const { about, aSale, follow } = mail

async function admin(method: string, path: string, body?: object) {
  const event = aRequest(method, `/api/admin${path}`, {
    headers: { authorization: 'Bearer test_admin_token' },
    ...(body && { body: { reason: 'x', ...body } }),
  })
  return bodyOf(await createAdminHandler(mail.test.runtime)(event, aContext()))
}

const mailsOf = async (id: string) =>
  (await admin('GET', `/licenses/${id}`)).mails.map(
    ({ kind, state }: { kind: string; state: string }) => `${kind} ${state}`,
  )

describe('the email of a new license', () => {
  it('is sent once, with the key, features, expiry and instructions', async () => {
    const { key, id, email } = await aSale()
    const records = await about(id)
    expect(await follow(records)).toEqual({ batchItemFailures: [] })
    await follow(records)
    const sent = await mail.inbox.to(email)
    expect(sent).toHaveLength(1)
    const [message] = sent
    expect(message).toMatchObject({
      from: '"Quantum Falcon" <licenses@example.com>',
      replyTo: ['support@example.com'],
      subject: 'Your Quantum Falcon Pro license key',
    })
    for (const body of [message?.body.text, message?.body.html]) {
      expect(body).toContain(key)
      expect(body).toContain('Strategy marketplace')
      expect(body).toContain('31 January 2025')
      expect(body).toContain('Settings, License')
    }
    expect(message?.headers).toContainEqual({
      name: 'X-Entity-Ref-ID',
      value: expect.stringMatching(/^[\w-]{20,}$/),
    })
    expect(await mailsOf(id)).toEqual(['issued sent'])
    expect(mail.test.counts.filter((count) => count.includes('Mail'))).toEqual(
      ['sent', 'over'].map((outcome) => JSON.stringify({ name: 'Mail', outcome })),
    )
    expect(mail.test.lines.join()).not.toContain(key)
    expect(mail.test.lines.join()).not.toContain(email)
  })

  it('is sent once if two functions process the same record', async () => {
    const { id, email } = await aSale()
    const records = await about(id)
    await Promise.all([follow(records), follow(records), follow(records)])
    expect(await mail.inbox.to(email)).toHaveLength(1)
    await follow(records)
    expect(await mail.inbox.to(email)).toHaveLength(1)
  })

  it.each([
    ['no address is known', { userEmail: null }, 'skipped', 'No email address'],
    [
      'the address is invalid',
      { userEmail: 'a@example.com\r\nBcc: all@example.com' },
      'skipped',
      'Invalid email address',
    ],
  ])('is not sent if %s', async (_, changes, state, detail) => {
    const { id } = await aSale(changes)
    await follow(await about(id))
    expect((await admin('GET', `/licenses/${id}`)).mails).toMatchObject([{ state, detail }])
  })

  it('is not sent if no sender is configured', async () => {
    const { id, email } = await aSale()
    const runtime = { ...mail.test.runtime, mail: { from: undefined, configurationSet: undefined } }
    await follow(await about(id), runtime)
    expect(await mail.inbox.to(email)).toEqual([])
    expect(await mailsOf(id)).toEqual(['issued skipped'])
  })

  it('is not sent to a suppressed address, in any letter case, until an admin allows it', async () => {
    const { id, email } = await aSale()
    await mail.test.runtime.outbox.suppress(email.toUpperCase(), 'bounced', NOW)
    await follow(await about(id))
    expect(await mail.inbox.to(email)).toEqual([])
    expect(await mailsOf(id)).toEqual(['issued suppressed'])
    await admin('POST', '/mails/allow', { email })
    await admin('POST', `/licenses/${id}/resend`, {})
    await follow(await about(id))
    expect(await mail.inbox.to(email)).toHaveLength(1)
    await mail.test.runtime.outbox.suppress(email, 'complained', NOW)
    expect(await mail.test.runtime.outbox.isSuppressed(email)).toBe(true)
  })

  it('is sent again if an admin resends it', async () => {
    const { key, id, email } = await aSale()
    await follow(await about(id))
    await admin('POST', `/licenses/${id}/resend`, {})
    await follow(await about(id))
    const sent = await mail.inbox.to(email)
    expect(sent).toHaveLength(2)
    expect(sent[1]?.body.text).toContain(key)
    expect(await mailsOf(id)).toEqual(['issued sent', 'issued sent'])
    expect(new Set(sent.map(({ headers }) => JSON.stringify(headers))).size).toBe(2)
  })
})

describe('while SES is unavailable', () => {
  it.each(['cut', 'mute'] as const)(
    'emails are retried (%s), and none is lost or sent twice',
    async (state) => {
      const { id, email } = await aSale()
      const records = await about(id)
      mail.line.state = state
      const { batchItemFailures } = await follow(records)
      expect(batchItemFailures).toHaveLength(1)
      expect(await mailsOf(id)).toEqual(['issued waiting'])
      mail.test.time.now += 60_000
      expect((await follow(records)).batchItemFailures).toHaveLength(1)
      expect((await follow(records)).batchItemFailures).toHaveLength(1)
      mail.line.state = 'open'
      const failed = batchItemFailures[0]?.itemIdentifier
      const from = records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed)
      expect(await follow(records.slice(from))).toEqual({ batchItemFailures: [] })
      expect(await mail.inbox.to(email)).toHaveLength(1)
      expect(await mailsOf(id)).toEqual(['issued sent'])
    },
  )

  it('webhooks succeed, and the email is sent later', async () => {
    mail.line.state = 'mute'
    const body = JSON.stringify(aCheckout({ id: 'cs_outage', payment_intent: 'pi_outage' }))
    const event = aPost(body, {
      route: '/webhooks/stripe',
      headers: { 'stripe-signature': aSignature(body, { at: NOW }) },
    })
    const response = await createWebhookHandler(mail.test.runtime)(event, aContext())
    const { licenseId, effect } = bodyOf(response)
    expect([response.statusCode, effect]).toEqual([200, 'issued'])
    const records = await about(licenseId)
    expect((await follow(records)).batchItemFailures).toHaveLength(1)
    mail.line.state = 'open'
    mail.test.time.now += 60_000
    expect(await follow(records)).toEqual({ batchItemFailures: [] })
    const [message] = (await mail.inbox.to('buyer@example.com')).slice(-1)
    expect(message?.subject).toBe('Your Quantum Falcon Pro license key')
  })

  it('an email that SES rejects does not block the next ones', async () => {
    const bad = await aSale()
    const good = await aSale()
    const [badOne, goodOne] = [await about(bad.id), await about(good.id)]
    let isFirst = true
    mail.proxy.instead = (_, response) => {
      if (!isFirst) return false
      isFirst = false
      response
        .writeHead(400, {
          'x-amzn-errortype': 'MessageRejected',
          'content-type': 'application/json',
        })
        .end('{"message":"Email address is not verified."}')
      return true
    }
    process.env['AWS_ENDPOINT_URL_SESV2'] = mail.proxy.url
    expect(await follow([...badOne, ...goodOne])).toEqual({ batchItemFailures: [] })
    process.env['AWS_ENDPOINT_URL_SESV2'] = mail.line.url
    expect((await admin('GET', `/licenses/${bad.id}`)).mails).toMatchObject([
      { state: 'failed', detail: 'Email address is not verified.' },
    ])
    expect(await mail.inbox.to(good.email)).toHaveLength(1)
  })
})

describe('a function that stops between sending and closing a notice', () => {
  const forgetful = (): Runtime => ({
    ...mail.test.runtime,
    outbox: {
      ...mail.test.runtime.outbox,
      close: () => Promise.reject(new StoreUnavailable(new Error('down'))),
    },
  })

  it('sends the email at most twice, a minute apart', async () => {
    const { id, email } = await aSale()
    const records = await about(id)
    expect((await follow(records, forgetful())).batchItemFailures).toHaveLength(1)
    expect(await mail.inbox.to(email)).toHaveLength(1)
    expect((await follow(records)).batchItemFailures).toHaveLength(1)
    expect(await mail.inbox.to(email)).toHaveLength(1)
    mail.test.time.now += 60_001
    expect((await follow(records, forgetful())).batchItemFailures).toHaveLength(1)
    mail.test.time.now += 60_001
    expect(await follow(records)).toEqual({ batchItemFailures: [] })
    const sent = await mail.inbox.to(email)
    expect(sent).toHaveLength(2)
    expect(sent[0]?.headers).toEqual(sent[1]?.headers)
    expect(await mailsOf(id)).toEqual(['issued uncertain'])
    expect(mail.test.counts.at(-1)).toBe(JSON.stringify({ name: 'Mail', outcome: 'uncertain' }))
  })

  it('has the notice closed by the next function', async () => {
    const { id, email } = await aSale()
    const records = await about(id)
    await follow(records, forgetful())
    mail.test.time.now += 60_001
    expect(await follow(records)).toEqual({ batchItemFailures: [] })
    expect(await mail.inbox.to(email)).toHaveLength(2)
    expect(await mailsOf(id)).toEqual(['issued sent'])
  })
})

describe('while the table or the secrets are unavailable', () => {
  it('emails wait, and no attempt is counted', async () => {
    const { id, email } = await aSale()
    const records = await about(id)
    const down = {
      ...mail.test.runtime,
      store: { ...mail.test.runtime.store, find: () => Promise.reject(new StoreUnavailable(0)) },
    }
    for (let tries = 0; tries < 5; tries++) {
      expect((await follow(records, down)).batchItemFailures).toHaveLength(1)
    }
    const keyless = {
      ...mail.test.runtime,
      secretIds: { ...mail.test.runtime.secretIds, masterKeys: 'test/none' },
    }
    expect((await follow(records, keyless)).batchItemFailures).toHaveLength(1)
    expect(await follow(records)).toEqual({ batchItemFailures: [] })
    expect(await mail.inbox.to(email)).toHaveLength(1)
  })
})

describe('the email of a change', () => {
  /** Changes a license as Stripe's events do, with a notice. */
  async function change(id: LicenseId, to: LicenseChange, kind: Notice['kind'], period = 'x') {
    const now = mail.test.time.now
    const audit = {
      licenseId: id,
      at: now,
      actor: 'stripe:evt_1',
      action: 'changed',
      reason: 'test',
      requestId: 'request_1',
      before: {},
      after: {},
    } as const
    const notices = [{ kind, period, at: now }]
    await mail.test.runtime.store.commit({
      claims: [],
      license: { changed: id, to, audit, notices },
      now,
    })
  }
  const end = NOW + 10 * DAY_MS
  const paid = { status: 'paid', paidUntil: end } as const
  const EXPIRES = 'Your Quantum Falcon Pro license expires on 11 January 2025'
  const CANCELED = 'Your Quantum Falcon Pro subscription was canceled'
  const FAILED = { status: 'past_due', paidUntil: NOW, graceUntil: end } as const
  const WHEN: [Notice['kind'], LicenseChange, string, string][] = [
    ['payment_failed', { billing: FAILED }, 'Your payment for Quantum Falcon Pro failed', 'x'],
    ['canceled', { billing: { ...paid, cancelAt: end } }, CANCELED, 'x'],
    ['canceled', { billing: { ...paid, status: 'ended' } }, CANCELED, 'x'],
    ['revoked', { risk: 'refunded' }, 'Your Quantum Falcon Pro license is no longer valid', 'x'],
    ['expiring_7', { billing: paid }, EXPIRES, `${end}`],
    ['expiring_1', { billing: paid }, EXPIRES, `${end}`],
  ]

  it.each(WHEN)('has its own subject: %s for %j', async (kind, to, subject, period) => {
    const { id, email } = await aSale()
    await follow(await about(id))
    await change(id, to, kind, period)
    await follow(await about(id))
    expect((await mail.inbox.to(email)).map(({ subject }) => subject).slice(1)).toEqual([subject])
  })

  it.each(WHEN.filter(([kind]) => kind !== 'revoked'))(
    'is skipped once it no longer applies: %s for %j',
    async (kind, to, _, period) => {
      const { id, email } = await aSale()
      await follow(await about(id))
      await change(id, to, kind, period)
      await change(id, { billing: { ...paid, paidUntil: NOW + 99 * DAY_MS } }, 'renewed')
      await follow(await about(id))
      expect(await mail.inbox.to(email)).toHaveLength(1)
      expect(await mailsOf(id)).toContain(`${kind} skipped`)
      expect(await mailsOf(id)).toContain('renewed skipped')
    },
  )

  it('replaces the key email of a license that was revoked before it was sent', async () => {
    const { id, email } = await aSale()
    await change(id, { admin: 'revoked' }, 'revoked')
    await follow(await about(id))
    expect((await mail.inbox.to(email)).map(({ subject }) => subject)).toEqual([
      'Your Quantum Falcon Pro license is no longer valid',
    ])
  })

  it('needs a lost master key only if it contains the key', async () => {
    const { id, email } = await aSale()
    const records = await about(id)
    mail.test.secretsManager.secrets.set('test/other-ring', '{"current":"2","2":"another"}')
    const secretIds = { ...mail.test.runtime.secretIds, masterKeys: 'test/other-ring' }
    const keyless = { ...mail.test.runtime, secretIds }
    expect((await follow(records, keyless)).batchItemFailures).toHaveLength(1)
    await change(id, { risk: 'refunded' }, 'revoked')
    expect(await follow(await about(id), keyless)).toEqual({ batchItemFailures: [] })
    expect(await mail.inbox.to(email)).toHaveLength(1)
  })

  it('contains the new key after a reissue', async () => {
    const { key, id, email } = await aSale()
    const { license } = await admin('POST', `/licenses/${id}/reissue`, {})
    await follow(await about(id))
    for (const { body } of await mail.inbox.to(email)) {
      expect(body.text).toContain(license)
      expect(body.text).not.toContain(key)
    }
  })
})
