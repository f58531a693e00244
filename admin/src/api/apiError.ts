interface FieldProblem {
  readonly path: string
  readonly message: string
}

interface Details {
  /** HTTP status; 0 without a response. */
  readonly status: number
  readonly code: string
  readonly retryable: boolean
  readonly fields?: readonly FieldProblem[]
  /** Seconds of the `Retry-After` header. */
  readonly retryAfter?: number
  readonly requestPath: string
}

/** A request that the API rejected or that got no response. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly details: Details

  constructor(message: string, details: Details, cause?: unknown) {
    super(message, { cause })
    this.details = details
  }
}

/** Reads the error of a response. API Gateway's own errors carry only a status. */
export async function toApiError(response: Response, requestPath: string): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => ({}))
  const { error, code, retryable, fields } = Object(body)
  const { status } = response
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiError(typeof error === 'string' ? error : `The API returned status ${status}`, {
    status,
    code: typeof code === 'string' ? code : status === 429 ? 'RATE_LIMITED' : 'INTERNAL',
    retryable: typeof retryable === 'boolean' ? retryable : status === 429 || status >= 500,
    ...(Array.isArray(fields) && { fields }),
    ...(Number.isFinite(retryAfter) && { retryAfter }),
    requestPath,
  })
}

export const networkError = (requestPath: string, cause: unknown) =>
  new ApiError(
    'The API could not be reached',
    { status: 0, code: 'UNREACHABLE', retryable: true, requestPath },
    cause,
  )

/** The missing scope, as the text of a 403 names it. */
const SCOPE = /[a-z]+:[a-z]+/

/** Returns a sentence that says how to recover from the error. */
export function adviceFor({ message, details }: ApiError): string {
  const { status, retryAfter, retryable } = details
  switch (true) {
    case status === 0:
      return 'Check your connection and try again.'
    case status === 401:
      return 'Sign in again.'
    case status === 403:
      return `Sign in with an API token that has the ${SCOPE.exec(message)?.[0] ?? 'required'} scope.`
    case status === 404:
      return 'Check the address, or search for it in the list.'
    case status === 409:
      return 'Review the current state and try again if the change still applies.'
    case status === 429:
      return retryAfter === undefined
        ? 'Too many requests. Try again in a moment.'
        : `Try again in ${retryAfter} ${retryAfter === 1 ? 'second' : 'seconds'}.`
    case retryable:
      return 'This is usually temporary. Try again.'
    default:
      return 'Fix the fields below and try again.'
  }
}
