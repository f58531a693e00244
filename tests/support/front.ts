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

const PASSED_ON = ['content-type', 'authorization', 'origin', 'stripe-signature'] as const
const PASSED_BACK = ['access-control-allow-origin', 'content-security-policy'] as const

/** Those of the headers that are there. */
const named = (names: readonly string[], value: (name: string) => unknown) =>
  Object.fromEntries(names.flatMap((name) => (value(name) ? [[name, `${value(name)}`]] : [])))

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
      headers: named(PASSED_ON, (name) => headers[name]),
      ...(body !== '' && { body }),
    })
    const passing = { path, status: answer.status, body: await answer.text() }
    front.passing(passing)
    const back = named(PASSED_BACK, (name) => answer.headers.get(name))
    response.writeHead(passing.status, { 'content-type': 'application/json', ...back })
    response.end(passing.status === 204 ? undefined : passing.body)
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
