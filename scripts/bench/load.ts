/** Asks an HTTP service as fast as it answers, so many at once. */

import { Pool } from 'undici'
import { quantile } from './figures.ts'

export interface Request {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Response {
  readonly status: number
  readonly body: string
}

export interface Load {
  readonly answers: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/**
 * A caller of a service that keeps its connections, as far as the service does, and takes little time of its own.
 */
export function aCaller(url: string, connections: number) {
  const pool = new Pool(url, { connections })
  async function ask({ method = 'POST', path, headers = {}, body }: Request): Promise<Response> {
    const answer = await pool.request({
      method,
      path,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body }),
    })
    return { status: answer.statusCode, body: await answer.body.text() }
  }
  return { ask, close: () => pool.destroy() }
}

/**
 * Asks for so many seconds, with so many requests under way all the time.
 *
 * @throws Error for an answer that is not 200
 */
export async function load(
  url: string,
  { concurrency, seconds, next }: { concurrency: number; seconds: number; next: () => Request },
): Promise<Load> {
  const { ask, close } = aCaller(url, concurrency)
  const times: number[] = []
  const begun = performance.now()
  const end = begun + seconds * 1000
  async function go() {
    while (performance.now() < end) {
      const from = performance.now()
      const { status, body } = await ask(next())
      if (status !== 200) throw new Error(`An answer was ${status}: ${body}`)
      times.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, go)).finally(close)
  const took = (performance.now() - begun) / 1000
  return {
    answers: times.length,
    perSecond: times.length / took,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
  }
}
