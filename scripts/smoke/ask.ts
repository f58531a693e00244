export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body, if it is a JSON object; otherwise nothing. */
  readonly body: Readonly<Record<string, unknown>>
}

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type Ask = (method: string, path: string, asked?: Asked) => Promise<Answer>

/** More than the slowest function may take to start and to answer. */
const TIMEOUT_MS = 15_000

/**
 * Makes what asks a service, once and without following it elsewhere.
 *
 * @throws Error in a few words while there is no answer
 */
export const createAsk =
  (url: string): Ask =>
  async (method, path, { headers = {}, body } = {}) => {
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
        method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body !== undefined && { body }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, body: objectIn(text) }
    } catch (cause) {
      throw new Error(`no answer (${reasonOf(cause)})`, { cause })
    }
  }

function objectIn(text: string): Answer['body'] {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** What fetch says of a failure is behind it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `${error}`
  const { code, message } = Object(error.cause ?? error)
  return typeof code === 'string' ? code : `${message}`
}
