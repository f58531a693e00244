import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Server, toServer } from '../../scripts/local/server.ts'

/** What came from the service, on its way to the client. */
interface Passing {
  readonly path: string
  status: number
  body: string
}

export interface Front extends Server {
  /** The paths that were asked for, in order. */
  readonly asked: string[]
  /** Answers in place of the service, if it answers at all; false lets the request through. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean
  /** May change what the service answered. */
  passing: (answer: Passing) => unknown
  /** Lets everything through again. */
  open(): void
}

/** Whoever sits between a client and the service, and does as he likes. */
export async function aFront(service: string): Promise<Front> {
  const http = createServer(async (request, response) => {
    const path = request.url ?? ''
    front.asked.push(path)
    if (front.instead(request, response)) return
    const { method = 'GET', headers } = request
    const body = await text(request)
    const answer = await fetch(`${service}${path}`, {
      method,
      headers: {
        'content-type': headers['content-type'] ?? '',
        authorization: headers.authorization ?? '',
      },
      ...(body !== '' && { body }),
    })
    const passing = { path, status: answer.status, body: await answer.text() }
    front.passing(passing)
    response.writeHead(passing.status, { 'content-type': 'application/json' }).end(passing.body)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const front: Front = {
    ...toServer(http),
    asked: [],
    instead: () => false,
    passing: () => {},
    open() {
      front.instead = () => false
      front.passing = () => {}
      front.asked.length = 0
    },
  }
  return front
}
