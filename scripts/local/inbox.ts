import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { renderInbox, type SentEmail } from './inboxPage.ts'
import { type Server, toServer } from './server.ts'

/** A request that SES rejects, with its error message. */
class BadRequest extends Error {}

/**
 * Starts a stand-in for SES, to which `AWS_ENDPOINT_URL_SESV2` directs the SDK. It accepts `SendEmail` with simple content
 * and keeps the emails in memory. `GET /` shows them, and `GET /store` returns `{"emails": SentEmail[]}`, oldest first.
 */
export async function startInbox(port: number): Promise<Server> {
  const emails: SentEmail[] = []

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request
    if (method === 'POST' && url === '/v2/email/outbound-emails') {
      const email = toEmail(await text(request))
      emails.push(email)
      sendJson(response, 200, { MessageId: email.messageId })
    } else if (method === 'GET' && url === '/store') {
      sendJson(response, 200, { emails })
    } else if (method === 'GET' && url === '/') {
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        // Frames inherit it, so that no email can run a script.
        'content-security-policy': "script-src 'none'; object-src 'none'; base-uri 'none'",
      })
      response.end(renderInbox(emails))
    } else {
      response.writeHead(404).end()
    }
  }

  const http = createServer((request, response) => {
    respond(request, response).catch((error: Error) => {
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

/** An address with an optional name before it. SES requires ASCII. */
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

/** The part of a `SendEmail` request that the service uses. */
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

/** Parses a `SendEmail` request. @throws BadRequest if SES would reject it */
function toEmail(json: string): SentEmail {
  const { data, error } = SendEmail.safeParse(parseJson(json))
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

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new BadRequest('The request is not JSON', { cause })
  }
}
