/** A client of the API, for the command line. */

import { setTimeout as sleep } from 'node:timers/promises'

/** An error with the exit code that reports it: 1 for a rejected request, 3 for an unreachable or failed service. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  readonly exitCode: 1 | 3

  constructor(
    message: string,
    { code, exitCode, cause }: { code: string; exitCode: 1 | 3; cause?: unknown },
  ) {
    super(message, { cause })
    this.code = code
    this.exitCode = exitCode
  }
}

export type Json = Readonly<Record<string, unknown>>

export interface Client {
  /** @throws CliError unless the status is 200 */
  get(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<Json>
  /** @throws CliError unless the status is 200 or among `accepted` */
  post(path: string, body: object, options?: PostOptions): Promise<Json>
}

interface PostOptions {
  /** The request has no further effect when repeated, so it is retried if its result is unknown. */
  readonly isIdempotent?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly accepted?: readonly number[]
}

const ATTEMPTS = 5
const RETRY_DELAY_MS = 500

/** Creates a client that retries idempotent requests while the service is unreachable or fails. */
export function createClient(url: string, token: string | undefined): Client {
  async function send(path: string, init: RequestInit, attempts: number, accepted = [200]) {
    for (let attempt = 1; ; attempt++) {
      try {
        const { status, body } = await request(path, init)
        if (accepted.includes(status)) return body
        throw toError(status, body)
      } catch (error) {
        const isRetryable = error instanceof CliError && error.exitCode === 3
        if (!isRetryable || attempt >= attempts) throw error
      }
      await sleep(RETRY_DELAY_MS * attempt)
    }
  }

  async function request(path: string, init: RequestInit) {
    const headers = { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) }
    const response = await fetch(new URL(path, url), { ...init, headers }).catch((cause) => {
      const reason = cause.cause?.message ?? cause.message
      const message = `${url} does not respond (${reason})`
      throw new CliError(message, { code: 'UNREACHABLE', exitCode: 3, cause })
    })
    const { status } = response
    try {
      return { status, body: (await response.json()) as Json }
    } catch (cause) {
      const message = `${url} returned ${status} without JSON`
      throw new CliError(message, { code: 'NO_API', exitCode: 3, cause })
    }
  }

  return {
    get(path, query = {}) {
      const given = Object.entries(query).filter(([, value]) => value !== undefined)
      const search = new URLSearchParams(given as [string, string][]).toString()
      return send(search ? `${path}?${search}` : path, { method: 'GET' }, ATTEMPTS)
    },
    post(path, body, { headers = {}, accepted = [], isIdempotent = false } = {}) {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }
      return send(path, init, isIdempotent ? ATTEMPTS : 1, [200, ...accepted])
    },
  }
}

/** Formats the fields of a rejected request with their messages. */
export const formatFields = (fields: unknown): string =>
  (Array.isArray(fields) ? fields : [])
    .map(({ path, message }) => [path, message].filter(Boolean).join(' '))
    .join('; ')

function toError(status: number, { code, error, fields }: Json): CliError {
  const message = [`${error ?? `status ${status}`}`, formatFields(fields)].filter(Boolean)
  return new CliError(message.join(': '), {
    code: `${code ?? status}`,
    exitCode: status >= 500 || code === undefined ? 3 : 1,
  })
}
