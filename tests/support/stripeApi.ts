import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server } from '../../scripts/local/server.ts'

export interface LocalStripeApi extends Server {
  /** What is answered, by path; a path that is not here is unknown to Stripe. */
  readonly answers: Map<string, object>
  /** The paths that were asked for. */
  readonly asked: string[]
  /** `down`: every answer is a fault of Stripe's. `mute`: there is none. `locked`, `barred`: the key is wrong, or may too little. */
  state: 'up' | 'down' | 'mute' | 'locked' | 'barred'
  /** What its clock says, in milliseconds since the epoch; it moves on a second with every answer. */
  time: number
}

/** Stripe's API, as far as a webhook asks it, over HTTP. */
export async function aStripeApi(time: number): Promise<LocalStripeApi> {
  const http = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname
    api.asked.push(path)
    if (api.state === 'mute') return
    const answer = api.answers.get(path)
    const refusals = { up: undefined, down: 500, locked: 401, barred: 403 }
    const status = refusals[api.state] ?? (answer ? 200 : 404)
    response.writeHead(status, {
      'content-type': 'application/json',
      date: new Date(api.time).toUTCString(),
    })
    api.time += 1000
    response.end(JSON.stringify(status === 200 ? answer : { error: { message: 'No', type: 'x' } }))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const exited = once(http, 'close').then(() => {})
  const api: LocalStripeApi = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    answers: new Map(),
    asked: [],
    state: 'up',
    time,
    exited,
    async stop() {
      http.closeAllConnections()
      http.close()
      await exited
    },
  }
  return api
}
