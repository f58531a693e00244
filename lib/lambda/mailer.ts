import { SESv2Client, SESv2ServiceException, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { type Mailer, MailRefused, MailUnavailable } from '../mail/deliver.ts'
import type { Runtime } from './runtime.ts'
import { AWS_CLIENT_CONFIG } from './sdkRuntime.ts'

/** The SES errors that no retry can fix. */
const PERMANENT = new Set(['BadRequestException', 'MessageRejected'])

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text)

/** Formats a name and an address for a header: RFC 5322, and RFC 2047 for other than ASCII. */
const formatSender = (name: string, address: string) =>
  isAscii(name)
    ? `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`
    : `=?utf-8?B?${Buffer.from(name).toString('base64')}?= <${address}>`

/** Creates the mailer on SES, or returns undefined if no sender is configured. */
export function createMailer({
  catalog,
  mail,
}: Pick<Runtime, 'catalog' | 'mail'>): Mailer | undefined {
  const { from, configurationSet } = mail
  if (from === undefined) return
  // The stream retries, after a check of the outbox: the client cannot know if a first attempt was sent.
  const client = new SESv2Client({ ...AWS_CLIENT_CONFIG, maxAttempts: 1 })
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' })
  return {
    async send({ to, subject, html, text, ref, notice }) {
      const command = new SendEmailCommand({
        FromEmailAddress: formatSender(catalog.productName, from),
        ReplyToAddresses: [catalog.mail.supportEmail],
        Destination: { ToAddresses: [to] },
        Content: {
          Simple: {
            Subject: utf8(subject),
            Body: { Html: utf8(html), Text: utf8(text) },
            Headers: [
              // Identifies an email that is sent twice as the same one.
              { Name: 'X-Entity-Ref-ID', Value: toTag(ref) },
              { Name: 'Auto-Submitted', Value: 'auto-generated' },
            ],
          },
        },
        ...(configurationSet !== undefined && { ConfigurationSetName: configurationSet }),
        ...(notice && {
          EmailTags: [
            { Name: 'licenseId', Value: notice.licenseId },
            { Name: 'kind', Value: notice.kind },
            { Name: 'period', Value: toTag(notice.period) },
          ],
        }),
      })
      try {
        const { MessageId = '' } = await client.send(command)
        return MessageId
      } catch (error) {
        if (error instanceof SESv2ServiceException && PERMANENT.has(error.name)) {
          throw new MailRefused(error.message, { cause: error })
        }
        throw new MailUnavailable('SES is unavailable', { cause: error })
      }
    },
  }
}

/** Encodes a text in the characters that a tag may have. */
const toTag = (text: string) => Buffer.from(text).toString('base64url').slice(0, 256)
