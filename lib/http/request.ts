import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as z from 'zod/mini'
import type { Catalog, Tier } from '../catalog/schema.ts'
import { LIFETIME, MAX_DURATION_DAYS } from '../license/index.ts'
import { type FieldError, Problem } from './problem.ts'

const MAX_JSON_BYTES = 64 * 1024

/**
 * The bytes that were sent, whatever the gateway made of them.
 * @throws Problem `TOO_LARGE` beyond `maxBytes`.
 */
export function rawBody(
  { body, isBase64Encoded }: APIGatewayProxyEventV2,
  maxBytes: number,
): Buffer {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.byteLength > maxBytes) {
    throw new Problem('TOO_LARGE', { error: `The body is larger than ${maxBytes / 1024} KiB` })
  }
  return bytes
}

/**
 * The body of a JSON request, as `schema` describes it. `missing` is said when one of `required` is not there.
 * @throws Problem `INVALID_REQUEST` with the path of each bad field, `TOO_LARGE` over 64 KiB.
 */
export function parseJsonRequest<Schema extends z.ZodMiniType>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
  { required, missing }: { required: readonly string[]; missing: string },
): z.output<Schema> {
  const body = parseJson(event)
  const parsed = z.safeParse(schema, body)
  if (parsed.success) return parsed.data
  const fields = toFieldErrors(parsed.error)
  const lacks = isObject(body) && required.some((name) => isNothing(body[name]))
  throw new Problem('INVALID_REQUEST', { fields, ...(lacks && { error: missing }) })
}

/** As in the seed, an empty text is as good as none. */
const isNothing = (value: unknown) => value === undefined || value === null || value === ''

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseJson(event: APIGatewayProxyEventV2): unknown {
  const mediaType = event.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const bytes = rawBody(event, MAX_JSON_BYTES)
  if (mediaType !== 'application/json') {
    throw new Problem('INVALID_REQUEST', {
      error: 'The content type must be application/json',
      fields: [{ path: 'headers.content-type', message: 'must be application/json' }],
    })
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // biome-ignore lint/style/useErrorCause: the message of a SyntaxError quotes the body, and with it a key.
    throw new Problem('INVALID_REQUEST', {
      error: 'The body is not valid JSON',
      fields: [{ path: '', message: 'must be JSON in UTF-8' }],
    })
  }
}

/**
 * The parameters behind the `?`, as `schema` describes them.
 * @throws Problem `INVALID_REQUEST` with the path of each bad one.
 */
export function parseQuery<Schema extends z.ZodMiniType>(
  { queryStringParameters }: APIGatewayProxyEventV2,
  schema: Schema,
): z.output<Schema> {
  const parsed = z.safeParse(schema, queryStringParameters ?? {})
  if (parsed.success) return parsed.data
  throw new Problem('INVALID_REQUEST', { fields: toFieldErrors(parsed.error) })
}

export const toFieldErrors = ({ issues }: z.core.$ZodError): FieldError[] =>
  issues.map(({ path, message }) => ({ path: path.join('.'), message }))

const wellFormed = z.refine<string>((text) => text.isWellFormed(), 'must be well-formed Unicode')

/** An identifier of somebody else's: any Unicode, taken as it is given. */
export const id = z
  .string('must be a string')
  .check(
    z.minLength(1, 'must not be empty'),
    z.maxLength(256, 'must be at most 256 characters'),
    wellFormed,
  )

export const email = z
  .string('must be a string')
  .check(
    z.maxLength(254, 'must be at most 254 characters'),
    z.regex(z.regexes.unicodeEmail, 'must be an e-mail address'),
    wellFormed,
  )

export const duration = z
  .number('must be a number')
  .check(
    z.refine(
      (days) =>
        days === LIFETIME || (Number.isInteger(days) && days >= 1 && days <= MAX_DURATION_DAYS),
      `must be whole days from 1 to ${MAX_DURATION_DAYS}, or ${LIFETIME} for lifetime`,
    ),
  )

/** A tier by its name, with what the catalog says about it. */
export const tierSchema = ({ tiers }: Catalog) =>
  z.pipe(
    z.enum(Object.keys(tiers), `must be one of ${Object.keys(tiers).join(', ')}`),
    z.transform((name) => ({ ...(tiers[name] as Tier), name })),
  )

/** `POST /api/generate`, for a catalog's tiers. */
export const generateSchema = (catalog: Catalog) =>
  z.object(
    {
      userId: id,
      userEmail: z.optional(z.nullable(email)),
      tier: tierSchema(catalog),
      duration: z.optional(duration),
      paymentIntentId: z.optional(z.nullable(id)),
    },
    'must be an object',
  )

export type GenerateRequest = z.output<ReturnType<typeof generateSchema>>

/** What a text must look like to be a key is the core's business. */
export const license = z.string('must be a string').check(z.minLength(1, 'must not be empty'))
/** What a caller wants to find in the signed answer, so that no earlier one can be passed off as it. */
const nonce = z.optional(
  z
    .string('must be a string')
    .check(
      z.minLength(16, 'must be at least 16 characters'),
      z.maxLength(128, 'must be at most 128 characters'),
      wellFormed,
    ),
)
/** `POST /api/verify`. */
export const verifySchema = z.object(
  { license, deviceId: z.optional(id), nonce },
  'must be an object',
)

/** `POST /api/activate`. */
export const activateSchema = z.object(
  {
    license,
    deviceId: id,
    name: z.optional(
      z.nullable(
        z
          .string('must be a string')
          .check(z.maxLength(100, 'must be at most 100 characters'), wellFormed),
      ),
    ),
    nonce,
  },
  'must be an object',
)

/** `POST /api/deactivate`. */
export const deactivateSchema = z.object({ license, deviceId: id, nonce }, 'must be an object')

/** `POST /api/recover`. */
export const recoverSchema = z.object({ email }, 'must be an object')

/** `POST /api/devices`. */
export const devicesSchema = z.object({ license }, 'must be an object')

/**
 * The `Idempotency-Key` header, if there is one.
 * @throws Problem `INVALID_REQUEST` unless it is 1 to 255 visible ASCII characters.
 */
export function idempotencyKey(event: APIGatewayProxyEventV2): string | undefined {
  const key = event.headers['idempotency-key']
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Problem('INVALID_REQUEST', {
    fields: [
      { path: 'headers.idempotency-key', message: 'must be 1 to 255 visible ASCII characters' },
    ],
  })
}
