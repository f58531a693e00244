import { SESv2Client, SESv2ServiceException, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { type Mailer, MailRefused, MailUnavailable } from '../mail/deliver.ts'
import type { Runtime } from './runtime.ts'
import { AWS_CLIENT_CONFIG } from './sdkRuntime.ts'

/** What SES says of a mail that it will never take. Whatever else it says, it may say otherwise later. */
const NEVER = new Set(['BadRequestException', 'MessageRejected'])

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text)

/** A name and an address as a header has them: RFC 5322, and RFC 2047 for other letters. */
const sender = (name: string, address: string) =>
  isAscii(name)
    ? `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`
    : `=?utf-8?B?${Buffer.from(name).toString('base64')}?= <${address}>`

/** Sends by SES, for the product of the catalog; undefined where no sender is configured. */
export function createMailer({
  catalog,
  mail,
}: Pick<Runtime, 'catalog' | 'mail'>): Mailer | undefined {
  const { from, configurationSet } = mail
  if (from === undefined) return
  // Tried again by the stream: the client cannot know whether the first one arrived.
  const client = new SESv2Client({ ...AWS_CLIENT_CONFIG, maxAttempts: 1 })
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' })
  return {
    async send({ to, subject, html, text, ref, notice }) {
      const command = new SendEmailCommand({
        FromEmailAddress: sender(catalog.productName, from),
        ReplyToAddresses: [catalog.mail.supportEmail],
        Destination: { ToAddresses: [to] },
        Content: {
          Simple: {
            Subject: utf8(subject),
            Body: { Html: utf8(html), Text: utf8(text) },
            Headers: [
              // The same for the same mail: who gets it twice can see that it is one.
              { Name: 'X-Entity-Ref-ID', Value: tagOf(ref) },
              { Name: 'Auto-Submitted', Value: 'auto-generated' },
            ],
          },
        },
        ...(configurationSet !== undefined && { ConfigurationSetName: configurationSet }),
        ...(notice && {
          EmailTags: [
            { Name: 'licenseId', Value: notice.licenseId },
            { Name: 'kind', Value: notice.kind },
            { Name: 'period', Value: tagOf(notice.period) },
          ],
        }),
      })
      try {
        const { MessageId = '' } = await client.send(command)
        return MessageId
      } catch (error) {
        if (error instanceof SESv2ServiceException && NEVER.has(error.name)) {
          throw new MailRefused(error.message, { cause: error })
        }
        throw new MailUnavailable('Mails cannot be sent just now', { cause: error })
      }
    },
  }
}

/** Any text in the letters that a tag may have. */
const tagOf = (text: string) => Buffer.from(text).toString('base64url').slice(0, 256)
