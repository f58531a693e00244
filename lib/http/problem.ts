/** Error codes with their HTTP status and default text. Codes never change. */
export const PROBLEMS = {
  INVALID_REQUEST: { status: 400, error: 'Invalid request', retryable: false },
  INVALID_SIGNATURE: { status: 400, error: 'Invalid signature', retryable: false },
  UNAUTHORIZED: { status: 401, error: 'A valid API token is required', retryable: false },
  FORBIDDEN: { status: 403, error: 'The API token lacks a scope', retryable: false },
  NOT_FOUND: { status: 404, error: 'Not found', retryable: false },
  CONFLICT: { status: 409, error: 'The request conflicts with an earlier one', retryable: false },
  DEVICE_LIMIT_REACHED: {
    status: 409,
    error: 'Every seat of the license is taken',
    retryable: false,
  },
  TOO_LARGE: { status: 413, error: 'The body is too large', retryable: false },
  RATE_LIMITED: {
    status: 429,
    error: 'Too many failed attempts, try again later',
    retryable: true,
  },
  INTERNAL: { status: 500, error: 'Something went wrong', retryable: true },
  UNAVAILABLE: { status: 503, error: 'Temporarily unavailable, try again', retryable: true },
} as const satisfies Record<string, { status: number; error: string; retryable: boolean }>

export type ProblemCode = keyof typeof PROBLEMS

/** An invalid field of a request. `path` is dotted, and empty for the whole body. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

/** A rejected or failed request. `error` and `fields` are returned to the caller; `cause` is only logged. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly error: string
  readonly fields: readonly FieldError[] | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    {
      error,
      fields,
      headers = {},
      cause,
    }: {
      error?: string
      fields?: readonly FieldError[]
      headers?: Readonly<Record<string, string>>
      cause?: unknown
    } = {},
  ) {
    super(error ?? PROBLEMS[code].error, { cause })
    this.code = code
    this.error = error ?? PROBLEMS[code].error
    this.fields = fields
    this.headers = headers
  }
}
