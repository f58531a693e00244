import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Server, toServer } from '../../scripts/local/server.ts'

export interface LocalStripeApi extends Server {
  /** Responses by path. A path without one is unknown to Stripe. */
  readonly responses: Map<string, object>
  /** The paths of all requests. */
  readonly requests: string[]
  /** `down`: every response is a server error. `mute`: there is none. `unauthorized`, `forbidden`: the API key is refused. */
  state: 'up' | 'down' | 'mute' | 'unauthorized' | 'forbidden'
  /** The time of its clock, in milliseconds since the epoch. Each response advances it by a second. */
  time: number
}

const STATUS = { up: undefined, down: 500, unauthorized: 401, forbidden: 403 }

/** Starts the part of Stripe's API that the webhook requests. */
export async function aStripeApi(time: number): Promise<LocalStripeApi> {
  const http = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname
    api.requests.push(path)
    if (api.state === 'mute') return
    const body = api.responses.get(path)
    const status = STATUS[api.state] ?? (body ? 200 : 404)
    const date = new Date(api.time).toUTCString()
    response.writeHead(status, { 'content-type': 'application/json', date })
    api.time += 1000
    response.end(JSON.stringify(status === 200 ? body : { error: { message: 'No', type: 'x' } }))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const api: LocalStripeApi = {
    ...toServer(http),
    responses: new Map(),
    requests: [],
    state: 'up',
    time,
  }
  return api
}
