/** Doing something to one license. */

import * as z from 'zod/mini'
import type { Catalog } from '../catalog/schema.ts'
import { Problem } from '../http/problem.ts'
import { email, id, tierSchema } from '../http/request.ts'
import {
  DAY_MS,
  type LicenseAction,
  MAX_DURATION_DAYS,
  manageLicense,
  type Refusal,
  type Result,
  rederiveKey,
  reissueKey,
} from '../license/index.ts'
import { loadLicense } from './licenses.ts'
import { type AdminContext, defineRoute, parseLicenseId, type Route } from './route.ts'
import { day, licenseResponse, reason, version } from './schemas.ts'
import { toLicenseResponse } from './view.ts'

const because = { reason, version }
const keyResponse = z.extend(licenseResponse, { license: z.string() })

const days = z
  .int('must be whole days')
  .check(
    z.minimum(1, 'must be at least 1'),
    z.maximum(MAX_DURATION_DAYS, `must be at most ${MAX_DURATION_DAYS}`),
  )

const hours = z
  .number('must be a number')
  .check(z.minimum(0, 'must be at least 0'), z.maximum(8760, 'must be at most 8760'))

const exactlyOne = (...names: readonly string[]) =>
  z.refine<object>(
    (body) => names.filter((name) => Reflect.get(body, name) !== undefined).length === 1,
    `must have ${names.join(' or ')}, and not both`,
  )

/** @throws Problem with why it was not done */
function unwrap<T>(result: Result<T, Refusal>): T {
  if (result.ok) return result.value
  const { code, why } = result.error
  throw new Problem(code, { error: why })
}

interface Asked {
  readonly reason: string
  readonly version?: number | undefined
}

const causeOf = ({ caller, requestId }: AdminContext, because: Asked) => ({
  actor: `token:${caller.tokenId}`,
  reason: because.reason,
  requestId,
})

async function manage(
  context: AdminContext,
  params: Readonly<Record<string, string>>,
  asked: Asked,
  deed: LicenseAction,
) {
  const licenseId = parseLicenseId(params)
  return unwrap(
    await manageLicense(context, licenseId, deed, causeOf(context, asked), asked.version),
  )
}

/** An action that answers the license as it is then. */
function defineAction<Body extends z.ZodMiniType<Asked>>(
  name: string,
  summary: string,
  body: Body,
  toDeed: (body: z.output<Body>, catalog: Catalog) => LicenseAction,
): Route {
  return defineRoute({
    method: 'POST',
    path: `/licenses/{id}/${name}`,
    scope: 'licenses:write',
    summary,
    body,
    response: licenseResponse,
    refusals: ['NOT_FOUND', 'CONFLICT'],
    async respond(context, { params, body: asked }) {
      const deed = toDeed(asked, context.catalog)
      return toLicenseResponse(await manage(context, params, asked, deed), context.now)
    },
  })
}

const plain = z.object(because, 'must be an object')

export const actionRoutes = (catalog: Catalog): readonly Route[] => [
  defineAction('revoke', 'Revokes a license for good; no payment brings it back.', plain, () => ({
    action: 'revoked',
  })),
  defineAction('suspend', 'Suspends a license until it is reinstated.', plain, () => ({
    action: 'suspended',
  })),
  defineAction(
    'reinstate',
    'Takes back a revocation or suspension by a person. With `clearRisk` also what a refund or dispute did.',
    z.object(
      { ...because, clearRisk: z.optional(z.boolean('must be true or false')) },
      'must be an object',
    ),
    ({ clearRisk = false }) => ({ action: 'reinstated', clearRisk }),
  ),
  defineAction(
    'extend',
    'Lets a license go on, whatever is paid: by `days` from its end, or `until` the end of a day in UTC.',
    z
      .object({ ...because, days: z.optional(days), until: z.optional(day) }, 'must be an object')
      .check(exactlyOne('days', 'until')),
    ({ days: more, until }) => ({
      action: 'extended',
      ...(until === undefined ? { days: more ?? 0 } : { until }),
    }),
  ),
  defineAction(
    'change-tier',
    'Changes what a license unlocks; the key stays. Without `seats` it gets those of the tier.',
    z.object(
      {
        ...because,
        tier: tierSchema(catalog),
        seats: z.optional(
          z
            .int('must be a whole number')
            .check(
              z.minimum(1, 'must be at least 1'),
              z.maximum(100_000, 'must be at most 100000'),
            ),
        ),
      },
      'must be an object',
    ),
    ({ tier, seats }) => ({ action: 'tier_changed', tier: tier.name, seats: seats ?? tier.seats }),
  ),
  defineAction(
    'transfer',
    'Gives a license to another user, another address, or both. The key stays.',
    z
      .object(
        { ...because, userId: z.optional(id), userEmail: z.optional(z.nullable(email)) },
        'must be an object',
      )
      .check(
        z.refine(
          ({ userId, userEmail }) => userId !== undefined || userEmail !== undefined,
          'must have userId or userEmail',
        ),
      ),
    ({ userId, userEmail }) => ({
      action: 'transferred',
      ...(userId !== undefined && { userId }),
      ...(userEmail !== undefined && { userEmail }),
    }),
  ),
  defineAction('resend', 'Sends the mail with the key once more.', plain, () => ({
    action: 'resent',
  })),
  defineAction('note', 'Writes the reason into the history, and changes nothing.', plain, () => ({
    action: 'noted',
  })),

  defineRoute({
    method: 'POST',
    path: '/licenses/{id}/reveal',
    scope: 'licenses:write',
    summary: 'Shows the key, and writes into the history who saw it.',
    body: plain,
    response: keyResponse,
    refusals: ['NOT_FOUND', 'CONFLICT'],
    async respond(context, { params, body }) {
      // A key that cannot be made was not seen by anybody.
      rederiveKey(await loadLicense(context, params), context.keys)
      const license = await manage(context, params, body, { action: 'revealed' })
      return {
        ...toLicenseResponse(license, context.now),
        license: rederiveKey(license, context.keys),
      }
    },
  }),

  defineRoute({
    method: 'POST',
    path: '/licenses/{id}/reissue',
    scope: 'licenses:write',
    summary:
      'Replaces a key that leaked. All else stays; the old key is good for `overlapHours` more, by default not at all.',
    body: z.object({ ...because, overlapHours: z.optional(hours) }, 'must be an object'),
    response: keyResponse,
    refusals: ['NOT_FOUND', 'CONFLICT'],
    async respond(context, { params, body }) {
      const { overlapHours = 0, version: expected } = body
      const overlap = overlapHours === 0 ? -1 : (overlapHours * DAY_MS) / 24
      const { license, key } = unwrap(
        await reissueKey(
          context,
          parseLicenseId(params),
          overlap,
          causeOf(context, body),
          expected,
        ),
      )
      return { ...toLicenseResponse(license, context.now), license: key }
    },
  }),
]
