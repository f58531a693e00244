import fc from 'fast-check'
import type * as z from 'zod/mini'
import { ADMIN_PATH, adminRoutes } from '../../../lib/admin/routes.ts'
import { catalog } from '../../../lib/catalog/catalog.ts'
import {
  activateSchema,
  deactivateSchema,
  devicesSchema,
  generateSchema,
  recoverSchema,
  verifySchema,
} from '../../../lib/http/request.ts'
import { anyEvent, knownValues, type Stock } from './known.ts'
import { fitting } from './schema.ts'

/** A route, with generators of requests that it mostly accepts. */
export interface Model {
  /** As `POST /api/verify`. */
  readonly route: string
  /** The frequency of its requests, relative to other routes. */
  readonly weight: number
  readonly needsToken: boolean
  readonly path: fc.Arbitrary<string>
  readonly query: fc.Arbitrary<unknown> | undefined
  /** Undefined for a route without a body. */
  readonly body: fc.Arbitrary<unknown> | undefined
}

/** Every route of the gateway, and every route of the admin API. */
export function models(stock: Stock): readonly Model[] {
  const known = knownValues(stock)
  const aModel = (
    route: string,
    weight: number,
    { query, body }: { query?: z.ZodMiniType | undefined; body?: z.ZodMiniType | undefined },
    changes: Partial<Model> = {},
  ): Model => ({
    route,
    weight,
    needsToken: false,
    path: fc.constant(route.split(' ')[1] ?? ''),
    query: query && fitting(query, known),
    body: body && fitting(body, known),
    ...changes,
  })
  const ids = { licenses: stock.troubled.map(({ id }) => id), tokens: stock.tokenIds }
  const anyId = (of: readonly string[]) =>
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...of) },
      { weight: 1, arbitrary: fc.stringMatching(/^(lic_[a-z2-7]{52}|tok_[\w-]{43})$/) },
    )
  const admin = adminRoutes(catalog).map(({ method, path, query, body }) =>
    aModel(
      `${method} ${ADMIN_PATH}${path}`,
      2,
      { query, body },
      {
        needsToken: true,
        path: anyId(path.startsWith('/tokens') ? ids.tokens : ids.licenses).map(
          (id) => `${ADMIN_PATH}${path.replace('{id}', id)}`,
        ),
      },
    ),
  )
  return [
    aModel('GET /health', 1, {}),
    aModel(
      'OPTIONS /api/{proxy+}',
      2,
      {},
      {
        path: fc.constantFrom('/api/verify', '/api/generate', '/api/admin/licenses', '/api/x/../y'),
      },
    ),
    aModel('POST /api/generate', 8, { body: generateSchema(catalog) }, { needsToken: true }),
    aModel('POST /api/verify', 20, { body: verifySchema }),
    aModel('POST /api/activate', 8, { body: activateSchema }),
    aModel('POST /api/deactivate', 6, { body: deactivateSchema }),
    aModel('POST /api/devices', 6, { body: devicesSchema }),
    aModel('POST /api/recover', 4, { body: recoverSchema }),
    aModel('GET /.well-known/jwks.json', 1, {}),
    aModel('GET /.well-known/revocations.jwt', 1, {}),
    aModel('GET /admin', 1, {}),
    aModel(
      'GET /admin/{proxy+}',
      2,
      {},
      {
        path: fc.constantFrom(
          '/admin/index.html',
          '/admin/licenses',
          '/admin/x/../y',
          '/admin/.built',
        ),
      },
    ),
    aModel('POST /webhooks/stripe', 14, {}, { body: anyEvent }),
    ...admin,
  ]
}
