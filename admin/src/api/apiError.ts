/** A request that was refused or that failed. */
interface FieldError {
  readonly path: string
  readonly message: string
}

interface Details {
  /** The status of the answer; 0 when there was none. */
  readonly status: number
  readonly code: string
  readonly retryable: boolean
  readonly fields?: readonly FieldError[]
  /** Seconds to wait before the next try. */
  readonly waitSeconds?: number
  readonly requestPath: string
}

export class ApiError extends Error {
  override readonly name = 'Failure'
  readonly details: Details

  constructor(message: string, details: Details, cause?: unknown) {
    super(message, { cause })
    this.details = details
  }
}

/** What the service said of why it does not. The gateway in front of it says less. */
export async function toApiError(response: Response, requestPath: string): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => ({}))
  const { error, code, retryable, fields } = Object(body)
  const { status } = response
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiError(typeof error === 'string' ? error : `The service answered ${status}`, {
    status,
    code: typeof code === 'string' ? code : status === 429 ? 'RATE_LIMITED' : 'INTERNAL',
    retryable: typeof retryable === 'boolean' ? retryable : status === 429 || status >= 500,
    ...(Array.isArray(fields) && { fields }),
    ...(Number.isFinite(wait) && { waitSeconds: wait }),
    requestPath,
  })
}

export const networkError = (requestPath: string, cause: unknown) =>
  new ApiError(
    'The service could not be reached',
    { status: 0, code: 'UNREACHABLE', retryable: true, requestPath },
    cause,
  )

/** The scope that a route needs, as the refusal tells it. */
const SCOPE = /[a-z]+:[a-z]+/

/** What a person can do about it. */
export function adviceFor({ message, details }: ApiError): string {
  const { status, code, waitSeconds, retryable } = details
  switch (true) {
    case code === 'UNREACHABLE':
      return 'Look at your connection, then try again.'
    case status === 401:
      return 'Sign in again.'
    case status === 403:
      return `Sign in with an API token that has ${SCOPE.exec(message)?.[0] ?? 'the scope for this'}.`
    case status === 404:
      return 'It may have another address: look for it in the list.'
    case status === 409:
      return 'Look at what it is now, then do it again if it is still right.'
    case status === 429:
      return waitSeconds === undefined
        ? 'Too much was asked at once: try again in a moment.'
        : `Try again in ${waitSeconds} ${waitSeconds === 1 ? 'second' : 'seconds'}.`
    case retryable:
      return 'It recovers by itself: try again.'
    default:
      return 'Mend what is named, then send it again.'
  }
}
