/** A JSON response. Only its signed token proves that it comes from the service. */
export interface JsonResponse {
  readonly body: Readonly<Record<string, unknown>>
}

export interface HttpOptions {
  readonly fetch: typeof fetch
  readonly timeoutMs: number
  readonly retries: number
}

const FIRST_DELAY_MS = 300

/** True for errors that may be over after a short delay. A `Retry-After` asks for a longer one. */
const isRetryable = ({ status, headers }: Response) =>
  status >= 500 || (status === 429 && !headers.has('retry-after'))

/**
 * Sends a JSON request with retries. Returns the reason as a string if no JSON response arrives: no connection, a
 * timeout, a redirect, a server error, or the HTML page of a captive portal.
 */
export async function post(
  { fetch, timeoutMs, retries }: HttpOptions,
  url: string,
  body: object,
): Promise<JsonResponse | string> {
  for (let attempt = 0; ; attempt++) {
    let failure: string
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      failure = `HTTP ${response.status}`
      if (!isRetryable(response)) {
        return response.status === 429 ? failure : { body: Object(await response.json()) }
      }
    } catch (error) {
      failure = `${error}`
      // A retry does not repair malformed JSON, and would double the wait after a timeout.
      if (error instanceof SyntaxError || (error as Error).name === 'TimeoutError') return failure
    }
    if (attempt >= retries) return failure
    const delay = FIRST_DELAY_MS * 2 ** attempt * (0.5 + Math.random() / 2)
    await new Promise((resolve) => setTimeout(resolve, delay))
  }
}

/** Fetches a text without retries. Returns undefined on any failure. */
export async function get(
  { fetch, timeoutMs }: HttpOptions,
  url: string,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return response.ok ? await response.text() : undefined
  } catch {
    return
  }
}

/** Returns a value if it is a string, else an empty string: responses are not validated. */
export const toText = (value: unknown) => (typeof value === 'string' ? value : '')

/** Joins the error text of an `INVALID_REQUEST` response with the errors of its fields. */
export function formatRequestError({ body }: JsonResponse): string {
  const fields: unknown[] = Array.isArray(body['fields']) ? body['fields'] : []
  const errors = fields.map((field) => {
    const { path, message } = Object(field)
    return `${toText(path)} ${toText(message)}`
  })
  return [toText(body['error']), ...errors].join('; ')
}
