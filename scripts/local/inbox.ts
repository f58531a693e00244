import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { inboxPage, type SentMail } from './inboxPage.ts'
import { type Server, toServer } from './server.ts'

/** A request that SES refuses, with the message that it answers. */
class BadRequest extends Error {}

/**
 * Starts a local stand-in for SES, to which `AWS_ENDPOINT_URL_SESV2` directs the SDK. It takes `SendEmail` with simple
 * content and keeps the mails in memory. `GET /` is a page that shows them, and `GET /store` answers
 * `{"emails": SentMail[]}`, oldest first.
 */
export async function startInbox(port: number): Promise<Server> {
  const mails: SentMail[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request
    if (method === 'POST' && url === '/v2/email/outbound-emails') {
      const mail = toMail(await text(request))
      mails.push(mail)
      sendJson(response, 200, { MessageId: mail.messageId })
    } else if (method === 'GET' && url === '/store') {
      sendJson(response, 200, { emails: mails })
    } else if (method === 'GET' && url === '/') {
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        // Holds for the frames too: a mail runs no script here, wherever else it would.
        'content-security-policy': "script-src 'none'; object-src 'none'; base-uri 'none'",
      })
      response.end(inboxPage(mails))
    } else {
      response.writeHead(404).end()
    }
  }

  const http = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      if (error instanceof BadRequest) {
        response.setHeader('x-amzn-errortype', 'BadRequestException')
        sendJson(response, 400, { message: error.message })
      } else {
        response.destroy()
      }
    })
  })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return toServer(http, 'localhost')
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** An address, with or without a name before it. SES demands ASCII. */
const address = z
  .string()
  .regex(/^[\x20-\x7e]*[\x21-\x3f\x41-\x7e]@[\x21-\x3f\x41-\x7e]+$/, 'Illegal address')
const addresses = z.array(address).default([])
const part = z.object({ Data: z.string() })
const pairs = z
  .array(
    z
      .object({ Name: z.string().min(1), Value: z.string() })
      .transform(({ Name: name, Value: value }) => ({ name, value })),
  )
  .default([])

/** As much of a `SendEmail` request as the service uses. */
const SendEmail = z.object({
  FromEmailAddress: address,
  ReplyToAddresses: addresses,
  Destination: z
    .object({ ToAddresses: addresses, CcAddresses: addresses, BccAddresses: addresses })
    .refine((lists) => Object.values(lists).flat().length > 0, 'There is no recipient'),
  Content: z.object({
    Simple: z.object({
      Subject: part,
      Body: z
        .object({ Html: part.optional(), Text: part.optional() })
        .refine(({ Html, Text }) => Html || Text, 'There is neither HTML nor text'),
      Headers: pairs,
    }),
  }),
  ConfigurationSetName: z.string().optional(),
  EmailTags: pairs,
})

/** Reads the JSON of a `SendEmail` request. Throws BadRequest where SES refuses it. */
function toMail(json: string): SentMail {
  const { data, error } = SendEmail.safeParse(parsed(json))
  if (error) throw new BadRequest(z.prettifyError(error))
  const { Subject, Body, Headers } = data.Content.Simple
  return {
    messageId: randomUUID(),
    from: data.FromEmailAddress,
    replyTo: data.ReplyToAddresses,
    destination: {
      to: data.Destination.ToAddresses,
      cc: data.Destination.CcAddresses,
      bcc: data.Destination.BccAddresses,
    },
    subject: Subject.Data,
    body: {
      ...(Body.Html && { html: Body.Html.Data }),
      ...(Body.Text && { text: Body.Text.Data }),
    },
    headers: Headers,
    tags: data.EmailTags,
    ...(data.ConfigurationSetName && { configurationSet: data.ConfigurationSetName }),
    at: Math.floor(Date.now() / 1000),
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new BadRequest('The request is not JSON', { cause })
  }
}
