/** Builds the OpenAPI 3.1 document from the schemas that the functions parse requests with. */

import * as z from 'zod/mini'
import { rowSchema } from '../../lib/admin/bulk.ts'
import type { Route } from '../../lib/admin/route.ts'
import { ADMIN_PATH, adminRoutes } from '../../lib/admin/routes.ts'
import { MAX_DURATION_DAYS } from '../../lib/catalog/limits.ts'
import type { Catalog } from '../../lib/catalog/schema.ts'
import { PROBLEMS, type ProblemCode } from '../../lib/http/problem.ts'
import {
  activateSchema,
  deactivateSchema,
  devicesSchema,
  duration,
  generateSchema,
  recoverSchema,
  verifySchema,
} from '../../lib/http/request.ts'
import { LIFETIME, STATES } from '../../lib/license/index.ts'

type Json = Record<string, unknown>

/** Converts a schema to JSON Schema: of a request before it is transformed, or of a response. */
const toJson = (schema: z.ZodMiniType, io: 'input' | 'output' = 'input'): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema === (duration as unknown)) {
        Object.assign(jsonSchema, {
          type: 'integer',
          oneOf: [{ const: LIFETIME }, { minimum: 1, maximum: MAX_DURATION_DAYS }],
        })
      }
    },
  }) as Json
  return json
}

const jsonContent = (schema: Json) => ({ content: { 'application/json': { schema } } })

/** Error codes of every route. */
const ALWAYS: readonly ProblemCode[] = ['INTERNAL', 'UNAVAILABLE']

const LIMIT_HEADERS = {
  'Retry-After': {
    description: 'Seconds until the next attempt is allowed.',
    schema: { type: 'integer' },
  },
  'RateLimit-Policy': {
    description: 'The number of failed attempts allowed per number of seconds.',
    schema: { type: 'string' },
  },
  RateLimit: {
    description: 'The remaining failed attempts, and the seconds until they reset.',
    schema: { type: 'string' },
  },
}

const problem = (codes: readonly ProblemCode[], extra: Json = {}): Json => ({
  type: 'object',
  required: ['error', 'code', 'retryable'],
  properties: {
    error: { type: 'string', description: 'A message for people; may change.' },
    code: { enum: codes, description: 'A code for programs; never changes.' },
    retryable: { type: 'boolean', description: 'True if the same request can succeed later.' },
    fields: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        additionalProperties: false,
      },
    },
    ...extra,
  },
  additionalProperties: false,
})

/** References the shared error responses by status. */
function refusals(codes: readonly ProblemCode[], isVerify = false): Json {
  const statuses = [...new Set([...codes, ...ALWAYS].map((code) => PROBLEMS[code].status))]
  return Object.fromEntries(
    statuses.map((status) => {
      const own = [...codes, ...ALWAYS].filter((code) => PROBLEMS[code].status === status)
      return [`${status}`, { $ref: `#/components/responses/${responseName(own, isVerify)}` }]
    }),
  )
}

const responseName = (codes: readonly ProblemCode[], isVerify: boolean) =>
  `${isVerify && !PROBLEMS[codes[0] ?? 'INTERNAL'].retryable ? 'VERIFY_' : ''}${codes.join('_OR_')}`

/** Builds the error responses that all routes share. */
function sharedResponses(): Json {
  const codes = Object.keys(PROBLEMS) as ProblemCode[]
  const sets = [...codes.map((code) => [code]), ['INVALID_SIGNATURE', 'INVALID_REQUEST'] as const]
  const responses: Record<string, Json> = {}
  for (const own of sets as (readonly ProblemCode[])[]) {
    const description = own.map((code) => PROBLEMS[code].error).join('; ')
    const headers = own.includes('RATE_LIMITED') ? { headers: LIMIT_HEADERS } : {}
    responses[responseName(own, false)] = { description, ...headers, ...jsonContent(problem(own)) }
    responses[responseName(own, true)] ??= {
      description,
      ...headers,
      ...jsonContent(problem(own, { valid: { const: false } })),
    }
  }
  return responses
}

const success = (schema: Json, description: string) => ({
  '200': { description, ...jsonContent(schema) },
})

function listParameters({ path, query }: Route): Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const { properties = {}, required = [] } = (query ? toJson(query) : {}) as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
  return [...inPath, ...inQuery]
}

/** Returns the text before the first period, colon or semicolon. */
const firstPart = (text: string) => /^[^.;:]*/.exec(text)?.[0] ?? text

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Repeated requests with the same key and fields return the same result for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

/** Adds the schema of rows. Each row is validated separately, so that an invalid one does not fail the others. */
const withRows = (body: Json, catalog: Catalog): Json => {
  const { properties } = body as { properties: Record<string, Json> }
  const rows = { ...properties['rows'], items: toJson(rowSchema(catalog)) }
  return { ...body, properties: { ...properties, rows } }
}

const toTag = ({ path }: Route) => {
  if (path.startsWith('/tokens')) return 'API tokens'
  if (/^\/(unmatched-purchases|parked)/.test(path)) return 'Purchases'
  return path.startsWith('/mails') ? 'Emails' : 'Licenses'
}

function buildOperation(route: Route, catalog: Catalog): Json {
  const isBulk = route.path === '/licenses/bulk'
  const codes: ProblemCode[] = [
    ...(route.query || route.body || isBulk ? (['INVALID_REQUEST'] as const) : []),
    'UNAUTHORIZED',
    ...(route.scope === null ? [] : (['FORBIDDEN'] as const)),
    ...route.refusals,
    ...(route.body ? (['TOO_LARGE'] as const) : []),
    'RATE_LIMITED',
  ]
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\W+(\w)/g, (_, first: string) => first.toUpperCase()).replace(/\W/g, '')}`,
    tags: [toTag(route)],
    summary: firstPart(route.summary).replaceAll('`', ''),
    description: `${route.summary}\n\n${route.scope === null ? 'Any valid API token is sufficient.' : `Requires the scope \`${route.scope}\`.`}`,
    ...(route.deprecated && { deprecated: true }),
    security: [{ apiToken: [] }],
    parameters: [...listParameters(route), ...(isBulk ? [IDEMPOTENCY_KEY] : [])],
    ...(route.body && {
      requestBody: {
        required: true,
        ...jsonContent(isBulk ? withRows(toJson(route.body), catalog) : toJson(route.body)),
      },
    }),
    responses: { ...success(toJson(route.response, 'output'), 'Done'), ...refusals(codes) },
  }
}

const text = { type: 'string' }
const nullable = { type: ['string', 'null'] }
const moment = { type: 'integer', description: 'Milliseconds since the epoch.' }
const features = { type: 'array', items: text }
const object = (properties: Json, optional: readonly string[] = []): Json => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
  additionalProperties: false,
})

const token = {
  ...text,
  description:
    'The signed response as a compact JWS. Its key is published at `/.well-known/jwks.json`.',
}

const VERDICTS = ['NOT_FOUND', 'EXPIRED', 'SUSPENDED', 'REVOKED', 'PENDING']

/** The response for an invalid license. */
const invalidLicense = (verdict: Json, codes: readonly string[], fallback: Json) => ({
  description: 'The license is not valid',
  ...jsonContent(
    object(
      {
        ...verdict,
        code: { enum: codes },
        error: text,
        retryable: { type: 'boolean' },
        fallback: object(fallback),
        token,
      },
      ['fallback', 'token'],
    ),
  ),
})

const device: Json = object({
  name: nullable,
  hint: { ...text, description: 'The last characters of the device id.' },
  activatedAt: moment,
})

function publicPaths(catalog: Catalog): Json {
  const tier = { enum: Object.keys(catalog.tiers) }
  return {
    '/health': {
      get: {
        operationId: 'health',
        tags: ['Health'],
        summary: 'Returns the health of the service.',
        security: [],
        responses: success(
          object({ status: { const: 'healthy' }, service: { const: 'license-generation' } }),
          'The service is healthy',
        ),
      },
    },
    '/api/generate': {
      post: {
        operationId: 'generate',
        tags: ['Licenses'],
        summary: 'Issues a license and returns its key. Idempotent per payment.',
        description: 'Requires the scope `licenses:issue`.',
        security: [{ apiToken: [] }],
        parameters: [IDEMPOTENCY_KEY],
        requestBody: { required: true, ...jsonContent(toJson(generateSchema(catalog))) },
        responses: {
          ...success(
            object({
              success: { const: true },
              license: text,
              tier,
              userId: text,
              userEmail: nullable,
              expiresAt: moment,
              generatedAt: moment,
              paymentIntentId: nullable,
              features,
            }),
            'The license',
          ),
          ...refusals([
            'INVALID_REQUEST',
            'UNAUTHORIZED',
            'FORBIDDEN',
            'CONFLICT',
            'TOO_LARGE',
            'RATE_LIMITED',
          ]),
        },
      },
    },
    '/api/verify': {
      post: {
        operationId: 'verify',
        tags: ['Licenses'],
        summary: 'Verifies a license key.',
        security: [],
        requestBody: { required: true, ...jsonContent(toJson(verifySchema)) },
        responses: {
          ...success(
            object(
              {
                valid: { const: true },
                tier,
                expiresAt: moment,
                userId: nullable,
                features,
                code: { const: 'VALID' },
                state: { enum: STATES },
                token,
              },
              ['token'],
            ),
            'The license is valid',
          ),
          '401': invalidLicense(
            { valid: { const: false } },
            [...VERDICTS, 'DEVICE_REQUIRED', 'DEVICE_NOT_ACTIVATED'],
            { tier, features },
          ),
          ...refusals(['INVALID_REQUEST', 'TOO_LARGE', 'RATE_LIMITED'], true),
        },
      },
    },
    '/api/activate': {
      post: {
        operationId: 'activate',
        tags: ['Devices'],
        summary: 'Activates a device on a seat of a license. Idempotent per device.',
        security: [],
        requestBody: { required: true, ...jsonContent(toJson(activateSchema)) },
        responses: {
          ...success(
            object({
              activated: { const: true },
              tier,
              expiresAt: moment,
              userId: nullable,
              features,
              state: { enum: STATES },
              seats: { type: 'integer' },
              device,
              token,
            }),
            'The device has a seat',
          ),
          '401': invalidLicense({ activated: { const: false } }, VERDICTS, { tier, features }),
          ...refusals(['INVALID_REQUEST', 'TOO_LARGE', 'RATE_LIMITED']),
          '409': {
            description: 'All seats are in use, or the limit of device replacements is reached',
            ...jsonContent(
              problem(['DEVICE_LIMIT_REACHED'], {
                activated: { const: false },
                seats: { type: 'integer' },
                devices: { type: 'array', items: device },
                token,
              }),
            ),
          },
        },
      },
    },
    '/api/deactivate': {
      post: {
        operationId: 'deactivate',
        tags: ['Devices'],
        summary: 'Deactivates a device and frees its seat.',
        security: [],
        requestBody: { required: true, ...jsonContent(toJson(deactivateSchema)) },
        responses: {
          ...success(
            object({ deactivated: { const: true }, token }, ['token']),
            'The device has no seat',
          ),
          '401': invalidLicense({ deactivated: { const: false } }, ['NOT_FOUND', 'REVOKED'], {
            tier,
            features,
          }),
          ...refusals(['INVALID_REQUEST', 'TOO_LARGE', 'RATE_LIMITED']),
        },
      },
    },
    '/api/devices': {
      post: {
        operationId: 'devices',
        tags: ['Devices'],
        summary: 'Lists the active devices of a license.',
        security: [],
        requestBody: { required: true, ...jsonContent(toJson(devicesSchema)) },
        responses: {
          ...success(
            object({ seats: { type: 'integer' }, devices: { type: 'array', items: device } }),
            'The devices in the order of their activation',
          ),
          '401': invalidLicense({}, ['NOT_FOUND', 'REVOKED'], { tier, features }),
          ...refusals(['INVALID_REQUEST', 'TOO_LARGE', 'RATE_LIMITED']),
        },
      },
    },
    '/api/recover': {
      post: {
        operationId: 'recover',
        tags: ['Licenses'],
        summary: 'Emails the license keys of an address to it, at most three times per hour.',
        description: 'The response does not reveal if the address has licenses.',
        security: [],
        requestBody: { required: true, ...jsonContent(toJson(recoverSchema)) },
        responses: {
          ...success(object({ message: text }), 'The request is accepted'),
          ...refusals(['INVALID_REQUEST', 'TOO_LARGE']),
        },
      },
    },
    '/.well-known/jwks.json': {
      get: {
        operationId: 'jwks',
        tags: ['Signed responses'],
        summary: 'Returns the public keys of signed responses.',
        security: [],
        responses: {
          '200': {
            description: 'A JWK Set, in which each key endorses the next',
            content: {
              'application/jwk-set+json': {
                schema: object({
                  keys: {
                    type: 'array',
                    items: object({
                      kty: { const: 'OKP' },
                      crv: { const: 'Ed25519' },
                      x: text,
                      kid: text,
                      use: { const: 'sig' },
                      alg: { const: 'EdDSA' },
                    }),
                  },
                  endorsements: { type: 'array', items: text },
                }),
              },
            },
          },
          ...refusals([]),
        },
      },
    },
    '/.well-known/revocations.jwt': {
      get: {
        operationId: 'revocations',
        tags: ['Signed responses'],
        summary: 'Returns the signed list of leases that are revoked before they expire.',
        security: [],
        responses: {
          '200': {
            description: 'A compact JWS',
            content: { 'application/jwt': { schema: text } },
          },
          ...refusals([]),
        },
      },
    },
    '/webhooks/stripe': {
      post: {
        operationId: 'stripeWebhook',
        tags: ['Stripe'],
        summary: 'Receives a signed webhook event from Stripe.',
        security: [],
        parameters: [{ name: 'Stripe-Signature', in: 'header', required: true, schema: text }],
        requestBody: { required: true, ...jsonContent({ type: 'object' }) },
        responses: {
          ...success(
            object(
              {
                received: { const: true },
                effect: { enum: ['issued', 'changed', 'none'] },
                licenseId: text,
                alerts: { type: 'array', items: text },
                repeated: { const: true },
                ignored: text,
              },
              ['effect', 'licenseId', 'alerts', 'repeated', 'ignored'],
            ),
            'The event is processed or ignored',
          ),
          ...refusals(['INVALID_SIGNATURE', 'INVALID_REQUEST', 'TOO_LARGE']),
        },
      },
    },
  }
}

/** Builds the document for the tiers of a catalog. */
export function openApi(catalog: Catalog, version: string): Json {
  const paths: Record<string, Json> = publicPaths(catalog) as Record<string, Json>
  for (const route of adminRoutes(catalog)) {
    const path = `${ADMIN_PATH}${route.path}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: buildOperation(route, catalog) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'License Authority',
      version,
      description:
        'Issues and verifies license keys, and keeps licenses in sync with Stripe payments. ' +
        'Times are milliseconds since the epoch.',
    },
    servers: [{ url: 'http://localhost:8000', description: 'npm start' }],
    components: {
      securitySchemes: { apiToken: { type: 'http', scheme: 'bearer' } },
      responses: sharedResponses(),
    },
    paths,
  }
}
