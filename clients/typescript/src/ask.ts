/** What the service answered, if it was the service: only a signature can tell. */
export interface Answer {
  readonly body: Readonly<Record<string, unknown>>
}

export interface Asking {
  readonly fetch: typeof fetch
  readonly timeoutMs: number
  readonly retries: number
}

const FIRST_PAUSE_MS = 300

/** Whether the same request can succeed a moment later: not when it was told to wait longer than anybody would. */
const isPassing = ({ status, headers }: Response) =>
  status >= 500 || (status === 429 && !headers.has('retry-after'))

/**
 * Sends a request and tries it again when nothing comes or the other side is unwell. Answers why when nothing
 * came of it: no connection, no answer in time, a redirection, something that is not JSON such as a captive portal's page.
 */
export async function post(
  { fetch, timeoutMs, retries }: Asking,
  url: string,
  body: object,
): Promise<Answer | string> {
  for (let attempt = 0; ; attempt++) {
    let why: string
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      why = `HTTP ${response.status}`
      if (!isPassing(response)) {
        return response.status === 429 ? why : { body: Object(await response.json()) }
      }
    } catch (error) {
      why = `${error}`
      // What is not JSON will not be the next time, and nobody waits twice for who took all the time there was.
      if (error instanceof SyntaxError || (error as Error).name === 'TimeoutError') return why
    }
    if (attempt >= retries) return why
    const pause = FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** What stands at an address, if it can be had at once. */
export async function get({ fetch, timeoutMs }: Asking, url: string): Promise<string | undefined> {
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

/** A text, where there is one: nobody vouches for what was answered. */
export const textIn = (value: unknown) => (typeof value === 'string' ? value : '')

/** What a service said of a request that it could not take: of all of it, and of its fields. */
export function faultsIn({ body }: Answer): string {
  const fields: unknown[] = Array.isArray(body['fields']) ? body['fields'] : []
  const faults = fields.map((field) => {
    const { path, message } = Object(field)
    return `${textIn(path)} ${textIn(message)}`
  })
  return [textIn(body['error']), ...faults].join('; ')
}
