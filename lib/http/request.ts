import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as z from 'zod/mini'
import { MAX_DURATION_DAYS } from '../catalog/limits.ts'
import type { Catalog, Tier } from '../catalog/schema.ts'
import { LIFETIME } from '../license/index.ts'
import { type FieldError, Problem } from './problem.ts'

const MAX_JSON_BYTES = 64 * 1024

/**
 * Returns the bytes of the body, decoded from base64 if the gateway encoded them.
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
 * Parses the body of a JSON request. If one of the `required` fields is missing, the error text is `missing`.
 * @throws Problem `INVALID_REQUEST` with the path of each invalid field, `TOO_LARGE` over 64 KiB.
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
  const isMissing = isObject(body) && required.some((name) => isEmpty(body[name]))
  throw new Problem('INVALID_REQUEST', { fields, ...(isMissing && { error: missing }) })
}

/** As in the seed, an empty text counts as missing. */
const isEmpty = (value: unknown) => value === undefined || value === null || value === ''

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
    // biome-ignore lint/style/useErrorCause: the message of a SyntaxError quotes the body, which can contain a key.
    throw new Problem('INVALID_REQUEST', {
      error: 'The body is not valid JSON',
      fields: [{ path: '', message: 'must be JSON in UTF-8' }],
    })
  }
}

/**
 * Parses the query parameters.
 * @throws Problem `INVALID_REQUEST` with the path of each invalid one.
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

/** A text with a length in UTF-16 code units, both limits included. */
export const textSchema = (min: number, max: number) =>
  z
    .string('must be a string')
    .check(
      z.minLength(min, min === 1 ? 'must not be empty' : `must be at least ${min} characters`),
      z.maxLength(max, `must be at most ${max} characters`),
    )

export const wholeNumberSchema = (min: number, max: number) =>
  z
    .int('must be a whole number')
    .check(z.minimum(min, `must be at least ${min}`), z.maximum(max, `must be at most ${max}`))

/** An external identifier: any Unicode, not normalized. */
export const id = textSchema(1, 256).check(wellFormed)

export const email = z
  .string('must be a string')
  .check(
    z.maxLength(254, 'must be at most 254 characters'),
    z.regex(z.regexes.unicodeEmail, 'must be an email address'),
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

/** The name of a tier, parsed to the tier with its name. */
export const tierSchema = ({ tiers }: Catalog) =>
  z.pipe(
    z.enum(Object.keys(tiers), `must be one of ${Object.keys(tiers).join(', ')}`),
    z.transform((name) => ({ ...(tiers[name] as Tier), name })),
  )

/** `POST /api/generate`, for the tiers of a catalog. */
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

/** A license key. Its format is checked by `lib/license`. */
export const license = z.string('must be a string').check(z.minLength(1, 'must not be empty'))

/** Included in the signed response, to detect replayed responses. */
const nonce = z.optional(textSchema(16, 128).check(wellFormed))

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
 * Returns the `Idempotency-Key` header, or undefined.
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
