import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** A request as it is sent. `fetch` would normalize the path. */
export interface Sent {
  /** The route that it was generated for, such as `POST /api/verify`. */
  readonly route: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Far longer than any response takes, to find only requests that hang. */
const DEADLINE_MS = 20_000

/** Sends requests over few connections. Rejects without a response in time. */
export function aSender(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 25 })
  const { hostname, port } = new URL(url)
  return {
    async send({ method, path, headers, body }: Sent): Promise<Answer> {
      const bytes = Buffer.from(body as string)
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      const sent = request(
        {
          agent,
          hostname,
          port,
          method,
          path,
          headers: { ...headers, ...(bytes.length > 0 && { 'content-length': bytes.length }) },
          signal: AbortSignal.timeout(DEADLINE_MS),
        },
        (response) => {
          const { statusCode = 0, headers: answered } = response
          text(response).then(
            (answer) => resolve({ status: statusCode, headers: answered, text: answer }),
            reject,
          )
        },
      )
      sent.on('error', reject)
      sent.end(bytes)
      return promise
    },
    stop: () => agent.destroy(),
  }
}
