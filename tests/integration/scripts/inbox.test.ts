import { SESv2Client, SendEmailCommand, type SendEmailCommandInput } from '@aws-sdk/client-sesv2'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startInbox } from '../../../scripts/local/inbox.ts'
import type { SentEmail } from '../../../scripts/local/inboxPage.ts'
import type { Server } from '../../../scripts/local/server.ts'

let server: Server
let client: SESv2Client
beforeAll(async () => {
  server = await startInbox(0)
  client = new SESv2Client({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
})
afterAll(async () => {
  client.destroy()
  await server.stop()
})

const MAIL = {
  FromEmailAddress: '"Vendor" <sender@example.com>',
  ReplyToAddresses: ['reply@example.com'],
  Destination: { ToAddresses: ['to@example.com'], CcAddresses: ['cc@example.com'] },
  Content: {
    Simple: {
      Subject: { Data: 'Subject' },
      Body: { Html: { Data: '<p>HTML</p>' }, Text: { Data: 'Text' } },
      Headers: [{ Name: 'X-Own', Value: 'own' }],
    },
  },
  ConfigurationSetName: 'set',
  EmailTags: [{ Name: 'kind', Value: 'issued' }],
} satisfies SendEmailCommandInput

const send = (changes: Partial<SendEmailCommandInput> = {}) =>
  client.send(new SendEmailCommand({ ...MAIL, ...changes }))
const simple = (changes: object) => ({
  Content: { Simple: { ...MAIL.Content.Simple, ...changes } },
})
const page = async () => (await fetch(server.url)).text()
const store = async () =>
  (await (await fetch(`${server.url}/store`)).json()) as { emails: SentEmail[] }

describe('the inbox', () => {
  it('is empty at first', async () => {
    expect(await page()).toContain('No email was sent since npm start.')
  })

  it('keeps sent emails', async () => {
    const { MessageId } = await send()
    expect(await store()).toEqual({
      emails: [
        {
          messageId: MessageId,
          from: '"Vendor" <sender@example.com>',
          replyTo: ['reply@example.com'],
          destination: { to: ['to@example.com'], cc: ['cc@example.com'], bcc: [] },
          subject: 'Subject',
          body: { html: '<p>HTML</p>', text: 'Text' },
          headers: [{ name: 'X-Own', value: 'own' }],
          tags: [{ name: 'kind', value: 'issued' }],
          configurationSet: 'set',
          at: expect.any(Number),
        },
      ],
    })
  })

  it.each<[string, Partial<SendEmailCommandInput>]>([
    ['no sender', { FromEmailAddress: undefined }],
    ['no recipient', { Destination: {} }],
    ['an address without a domain', { Destination: { ToAddresses: ['to'] } }],
    ['an address that is not ASCII', { Destination: { ToAddresses: ['ö@example.com'] } }],
    ['an address with a line break', { Destination: { ToAddresses: ['a@example.com\nb'] } }],
    ['no subject', simple({ Subject: undefined })],
    ['no body', simple({ Body: {} })],
    ['a header without a name', simple({ Headers: [{ Name: '', Value: 'a' }] })],
    ['a template', { Content: { Template: { TemplateName: 'a' } } }],
  ])('rejects %s as SES does', async (_, changes) => {
    const { emails } = await store()
    await expect(send(changes)).rejects.toMatchObject({
      name: 'BadRequestException',
      $metadata: { httpStatusCode: 400 },
    })
    expect((await store()).emails).toEqual(emails)
  })

  it('rejects a request that is not JSON', async () => {
    const path = '/v2/email/outbound-emails'
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: '{' })
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { message: 'The request is not JSON' },
    ])
  })

  it('has no other operation', async () => {
    expect((await fetch(`${server.url}/v2/email/account`)).status).toBe(404)
  })
})

describe('the page of the inbox', () => {
  it('shows emails with HTML, text and headers, newest first', async () => {
    await send(simple({ Subject: { Data: 'First' } }))
    await send(simple({ Subject: { Data: 'Second' } }))
    const html = await page()
    expect(html.indexOf('Second')).toBeLessThan(html.indexOf('First'))
    expect(html).toContain('srcdoc="&lt;p&gt;HTML&lt;/p&gt;"')
    for (const shown of ['<pre>Text</pre>', 'X-Own', 'Tag kind', 'reply@example.com', 'cc@']) {
      expect(html).toContain(shown)
    }
  })

  it('neither runs nor renders the content of an email', async () => {
    const attack = `"'><script>alert(1)</script>&`
    await send({
      ...simple({
        Subject: { Data: attack },
        Body: { Html: { Data: attack }, Text: { Data: attack } },
        Headers: [{ Name: attack, Value: attack }],
      }),
      EmailTags: [{ Name: attack, Value: attack }],
      ConfigurationSetName: attack,
    })
    const answer = await fetch(server.url)
    expect(await answer.text()).not.toContain('<script')
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'none'")
    expect(await page()).toMatch(/<iframe sandbox title/)
  })
})
