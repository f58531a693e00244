/** The API as OpenAPI 3.1 describes one, made of the schemas that the functions read requests with. */

import * as z from 'zod/mini'
import { rowSchema } from '../../lib/admin/bulk.ts'
import type { Route } from '../../lib/admin/route.ts'
import { ADMIN_PATH, adminRoutes } from '../../lib/admin/routes.ts'
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
import { LIFETIME, MAX_DURATION_DAYS, STATES } from '../../lib/license/index.ts'

type Json = Record<string, unknown>

/** A schema as JSON Schema has it: of what is sent, before anything is made of it, or of what is answered. */
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

const jsonOf = (schema: Json) => ({ content: { 'application/json': { schema } } })

/** What every route that is asked for something may refuse with, whatever it is for. */
const ALWAYS: readonly ProblemCode[] = ['INTERNAL', 'UNAVAILABLE']

/** How long to wait, and what the limit is. */
const LIMIT_HEADERS = {
  'Retry-After': {
    description: 'Seconds until it is answered again.',
    schema: { type: 'integer' },
  },
  'RateLimit-Policy': {
    description: 'How many failures in how many seconds.',
    schema: { type: 'string' },
  },
  RateLimit: { description: 'What is left of them, and for how long.', schema: { type: 'string' } },
}

const problem = (codes: readonly ProblemCode[], extra: Json = {}): Json => ({
  type: 'object',
  required: ['error', 'code', 'retryable'],
  properties: {
    error: { type: 'string', description: 'For people; may change.' },
    code: { enum: codes, description: 'For programs; never changes.' },
    retryable: { type: 'boolean', description: 'Whether the same request can succeed later.' },
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

/** The answers to what goes wrong, by their status; what is said in several places stands in one. */
function refusals(codes: readonly ProblemCode[], ofVerify = false): Json {
  const statuses = [...new Set([...codes, ...ALWAYS].map((code) => PROBLEMS[code].status))]
  return Object.fromEntries(
    statuses.map((status) => {
      const own = [...codes, ...ALWAYS].filter((code) => PROBLEMS[code].status === status)
      return [`${status}`, { $ref: `#/components/responses/${nameOf(own, ofVerify)}` }]
    }),
  )
}

const nameOf = (codes: readonly ProblemCode[], ofVerify: boolean) =>
  `${ofVerify && !PROBLEMS[codes[0] ?? 'INTERNAL'].retryable ? 'VERIFY_' : ''}${codes.join('_OR_')}`

/** What the answers of all routes refer to. */
function sharedResponses(): Json {
  const codes = Object.keys(PROBLEMS) as ProblemCode[]
  const sets = [...codes.map((code) => [code]), ['INVALID_SIGNATURE', 'INVALID_REQUEST'] as const]
  const responses: Record<string, Json> = {}
  for (const own of sets as (readonly ProblemCode[])[]) {
    const description = own.map((code) => PROBLEMS[code].error).join('; ')
    const headers = own.includes('RATE_LIMITED') ? { headers: LIMIT_HEADERS } : {}
    responses[nameOf(own, false)] = { description, ...headers, ...jsonOf(problem(own)) }
    responses[nameOf(own, true)] ??= {
      description,
      ...headers,
      ...jsonOf(problem(own, { valid: { const: false } })),
    }
  }
  return responses
}

const answer = (schema: Json, description: string) => ({
  '200': { description, ...jsonOf(schema) },
})

function parametersOf({ path, query }: Route): Json[] {
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

/** Its first sentence, or what of it stands before a colon or semicolon. */
const firstOf = (text: string) => /^[^.;:]*/.exec(text)?.[0] ?? text

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'For 24 hours the same key with the same fields has the same outcome.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

/** Each row is read by itself, so that one that is wrong does not spoil the others. */
const withRows = (body: Json, catalog: Catalog): Json => {
  const { properties } = body as { properties: Record<string, Json> }
  const rows = { ...properties['rows'], items: toJson(rowSchema(catalog)) }
  return { ...body, properties: { ...properties, rows } }
}

const tagOf = ({ path }: Route) => {
  if (path.startsWith('/tokens')) return 'API tokens'
  if (/^\/(unmatched-purchases|parked)/.test(path)) return 'Purchases'
  return path.startsWith('/mails') ? 'Mails' : 'Licenses'
}

function operationOf(route: Route, catalog: Catalog): Json {
  const isBulk = route.path === '/licenses/bulk'
  const mayRefuse: ProblemCode[] = [
    ...(route.query || route.body || isBulk ? (['INVALID_REQUEST'] as const) : []),
    'UNAUTHORIZED',
    ...(route.scope === null ? [] : (['FORBIDDEN'] as const)),
    ...route.refusals,
    ...(route.body ? (['TOO_LARGE'] as const) : []),
    'RATE_LIMITED',
  ]
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '')}`,
    tags: [tagOf(route)],
    summary: firstOf(route.summary).replaceAll('`', ''),
    description: `${route.summary}\n\n${route.scope === null ? 'Any API token will do.' : `Needs the scope \`${route.scope}\`.`}`,
    ...(route.deprecated && { deprecated: true }),
    security: [{ apiToken: [] }],
    parameters: [...parametersOf(route), ...(isBulk ? [IDEMPOTENCY_KEY] : [])],
    ...(route.body && {
      requestBody: {
        required: true,
        ...jsonOf(isBulk ? withRows(toJson(route.body), catalog) : toJson(route.body)),
      },
    }),
    responses: { ...answer(toJson(route.response, 'output'), 'Done'), ...refusals(mayRefuse) },
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
  description: 'The same once more, signed: a compact JWS by one of `/.well-known/jwks.json`.',
}

const VERDICTS = ['NOT_FOUND', 'EXPIRED', 'SUSPENDED', 'REVOKED', 'PENDING']

/** A license that is not good. */
const notGood = (verdict: Json, codes: readonly string[], fallback: Json) => ({
  description: 'The license is not good',
  ...jsonOf(
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
  hint: { ...text, description: 'The end of the id that the device gave itself.' },
  activatedAt: moment,
})

function publicPaths(catalog: Catalog): Json {
  const tier = { enum: Object.keys(catalog.tiers) }
  return {
    '/health': {
      get: {
        operationId: 'health',
        tags: ['Health'],
        summary: 'Says that the service answers.',
        security: [],
        responses: answer(
          object({ status: { const: 'healthy' }, service: { const: 'license-generation' } }),
          'It answers',
        ),
      },
    },
    '/api/generate': {
      post: {
        operationId: 'generate',
        tags: ['Licenses'],
        summary: 'Issues a license and shows its key. Asking again for the same payment is safe.',
        description: 'Needs the scope `licenses:issue`.',
        security: [{ apiToken: [] }],
        parameters: [IDEMPOTENCY_KEY],
        requestBody: { required: true, ...jsonOf(toJson(generateSchema(catalog))) },
        responses: {
          ...answer(
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
        summary: 'Is this key good right now?',
        security: [],
        requestBody: { required: true, ...jsonOf(toJson(verifySchema)) },
        responses: {
          ...answer(
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
            'It is good',
          ),
          '401': notGood(
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
        summary: 'Gives a device a seat of a license. Again for the same device it takes none.',
        security: [],
        requestBody: { required: true, ...jsonOf(toJson(activateSchema)) },
        responses: {
          ...answer(
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
            'It has a seat',
          ),
          '401': notGood({ activated: { const: false } }, VERDICTS, { tier, features }),
          ...refusals(['INVALID_REQUEST', 'TOO_LARGE', 'RATE_LIMITED']),
          '409': {
            description: 'No seat is free, or devices were changed too often',
            ...jsonOf(
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
        summary: 'Frees the seat of a device.',
        security: [],
        requestBody: { required: true, ...jsonOf(toJson(deactivateSchema)) },
        responses: {
          ...answer(object({ deactivated: { const: true }, token }, ['token']), 'It has no seat'),
          '401': notGood({ deactivated: { const: false } }, ['NOT_FOUND', 'REVOKED'], {
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
        summary: 'Tells which devices have a seat, to whoever has the key.',
        security: [],
        requestBody: { required: true, ...jsonOf(toJson(devicesSchema)) },
        responses: {
          ...answer(
            object({ seats: { type: 'integer' }, devices: { type: 'array', items: device } }),
            'The devices, in the order in which they were activated',
          ),
          '401': notGood({}, ['NOT_FOUND', 'REVOKED'], { tier, features }),
          ...refusals(['INVALID_REQUEST', 'TOO_LARGE', 'RATE_LIMITED']),
        },
      },
    },
    '/api/recover': {
      post: {
        operationId: 'recover',
        tags: ['Licenses'],
        summary: 'Mails the keys of an address to it, three times an hour at the most.',
        description: 'The answer is the same whether it has licenses or not.',
        security: [],
        requestBody: { required: true, ...jsonOf(toJson(recoverSchema)) },
        responses: {
          ...answer(object({ message: text }), 'Whatever there is, is on its way'),
          ...refusals(['INVALID_REQUEST', 'TOO_LARGE']),
        },
      },
    },
    '/.well-known/jwks.json': {
      get: {
        operationId: 'jwks',
        tags: ['Signed answers'],
        summary: 'The keys by which signed answers are believed.',
        security: [],
        responses: {
          '200': {
            description: 'A JWK Set, with what each key says for the next',
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
        tags: ['Signed answers'],
        summary: 'Which leases are void before their time, signed.',
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
        summary: 'Takes an event of Stripe’s, by its signature.',
        security: [],
        parameters: [{ name: 'Stripe-Signature', in: 'header', required: true, schema: text }],
        requestBody: { required: true, ...jsonOf({ type: 'object' }) },
        responses: {
          ...answer(
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
            'It has had its effect, or can have none',
          ),
          ...refusals(['INVALID_SIGNATURE', 'INVALID_REQUEST', 'TOO_LARGE']),
        },
      },
    },
  }
}

/** The whole document, for the tiers of a catalog. */
export function openApi(catalog: Catalog, version: string): Json {
  const paths: Record<string, Json> = publicPaths(catalog) as Record<string, Json>
  for (const route of adminRoutes(catalog)) {
    const path = `${ADMIN_PATH}${route.path}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, catalog) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'License Authority',
      version,
      description:
        'Issues license keys, answers whether a key is good, and keeps every license in step with what was paid. ' +
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
