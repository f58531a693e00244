/** Talks to the API of a License Authority. */

/** What went wrong, and how a script is told: by the exit code. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: 1 | 3
  readonly code: string

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
  /** @throws Failure unless the answer is 200 */
  get(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<Json>
  /** @throws Failure unless the answer is 200, or one of `also` */
  post(path: string, body: object, options?: PostOptions): Promise<Json>
}

interface PostOptions {
  /** Asked again it does nothing more, so it may be, when nobody knows whether it arrived. */
  readonly repeatable?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly also?: readonly number[]
}

const TRIES = 5
const PAUSE_MS = 500

/** Tries again what failed on the other side, where asking twice does no more than asking once. */
export function createClient(url: string, token: string | undefined): Client {
  async function ask(
    path: string,
    request: RequestInit,
    tries: number,
    also: readonly number[] = [],
  ) {
    for (let attempt = 1; ; attempt++) {
      const answer = await once(path, request).catch((error: Failure) => error)
      if (!(answer instanceof Failure)) {
        if (answer.status === 200 || also.includes(answer.status)) return answer.body
        const failure = failureOf(answer.status, answer.body)
        if (failure.exitCode === 1 || attempt >= tries) throw failure
      } else if (attempt >= tries || answer.exitCode === 1) throw answer
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt))
    }
  }

  async function once(path: string, request: RequestInit) {
    let response: Response
    try {
      response = await fetch(new URL(path, url), {
        ...request,
        headers: { ...request.headers, ...(token && { authorization: `Bearer ${token}` }) },
      })
    } catch (cause) {
      const why = cause instanceof Error ? ((cause.cause as Error)?.message ?? cause.message) : ''
      throw new Failure(`${url} does not answer (${why})`, {
        code: 'UNREACHABLE',
        exitCode: 3,
        cause,
      })
    }
    const text = await response.text()
    try {
      return { status: response.status, body: JSON.parse(text) as Json }
    } catch (cause) {
      throw new Failure(`${url} answered ${response.status} and no JSON`, {
        code: 'NO_API',
        exitCode: 3,
        cause,
      })
    }
  }

  return {
    get: (path, query = {}) => {
      const said = Object.entries(query).filter(([, value]) => value !== undefined)
      const search = new URLSearchParams(said as [string, string][]).toString()
      return ask(search ? `${path}?${search}` : path, { method: 'GET' }, TRIES)
    },
    post: (path, body, { headers = {}, also = [], repeatable = false } = {}) =>
      ask(
        path,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        },
        repeatable ? TRIES : 1,
        also,
      ),
  }
}

function failureOf(status: number, { code, error, fields }: Json): Failure {
  const faults = Array.isArray(fields)
    ? fields.map(({ path, message }: Record<string, string>) =>
        [path, message].filter(Boolean).join(' '),
      )
    : []
  const message = [
    `${error ?? `answered ${status}`}`,
    ...(faults.length > 0 ? [faults.join('; ')] : []),
  ].join(': ')
  return new Failure(message, {
    code: `${code ?? status}`,
    exitCode: status >= 500 || code === undefined ? 3 : 1,
  })
}
