import * as z from 'zod/mini'
import { MAX_DURATION_DAYS } from '../catalog/limits.ts'
import type { Catalog } from '../catalog/schema.ts'
import { Problem } from '../http/problem.ts'
import { email, id, tierSchema, wholeNumberSchema } from '../http/request.ts'
import {
  DAY_MS,
  type LicenseAction,
  manageLicense,
  type Result,
  rederiveKey,
  reissueKey,
} from '../license/index.ts'
import { loadLicense } from './licenses.ts'
import { type AdminContext, defineRoute, parseLicenseId, type Route } from './route.ts'
import { day, licenseResponse, reason, toLicenseResponse, version } from './schemas.ts'

const keyResponse = z.extend(licenseResponse, { license: z.string() })

const hours = z
  .number('must be a number')
  .check(z.minimum(0, 'must be at least 0'), z.maximum(8760, 'must be at most 8760'))

/** A request with the reason and version that every action accepts. */
const bodyWith = <Shape extends z.core.$ZodShape>(shape: Shape) =>
  z.object({ reason, version, ...shape }, 'must be an object')

const plainBody = bodyWith({})
type ActionBody = z.output<typeof plainBody>

const exactlyOne = (...names: readonly string[]) =>
  z.refine<object>(
    (body) => names.filter((name) => Reflect.get(body, name) !== undefined).length === 1,
    `must have ${names.join(' or ')}, but not both`,
  )

/** @throws Problem with the reason of the refusal */
function unwrap<T>(
  result: Result<T, { readonly code: 'NOT_FOUND' | 'CONFLICT'; readonly why: string }>,
): T {
  if (result.ok) return result.value
  const { code, why } = result.error
  throw new Problem(code, { error: why })
}

const toCause = ({ caller, requestId }: AdminContext, { reason }: ActionBody) => ({
  actor: `token:${caller.tokenId}`,
  reason,
  requestId,
})

async function manage(
  context: AdminContext,
  params: Readonly<Record<string, string>>,
  body: ActionBody,
  action: LicenseAction,
) {
  const licenseId = parseLicenseId(params)
  const cause = toCause(context, body)
  return unwrap(await manageLicense(context, licenseId, action, cause, body.version))
}

const define = <Body extends z.ZodMiniType<ActionBody>>(
  definition: Pick<
    Parameters<typeof defineRoute<z.ZodMiniType, Body>>[0],
    'summary' | 'response' | 'respond'
  > & { readonly name: string; readonly body: Body },
): Route => {
  const { name, ...rest } = definition
  return defineRoute({
    method: 'POST',
    path: `/licenses/{id}/${name}`,
    scope: 'licenses:write',
    refusals: ['NOT_FOUND', 'CONFLICT'],
    ...rest,
  })
}

/** Defines an action that returns the changed license. */
const defineAction = <Body extends z.ZodMiniType<ActionBody>>(
  name: string,
  summary: string,
  body: Body,
  toAction: (body: z.output<Body>, catalog: Catalog) => LicenseAction,
): Route =>
  define({
    name,
    summary,
    body,
    response: licenseResponse,
    async respond(context, { params, body: request }) {
      const action = toAction(request, context.catalog)
      return toLicenseResponse(await manage(context, params, request, action), context.now)
    },
  })

export const actionRoutes = (catalog: Catalog): readonly Route[] => [
  defineAction(
    'revoke',
    'Revokes a license permanently, regardless of later payments.',
    plainBody,
    () => ({ action: 'revoked' }),
  ),
  defineAction('suspend', 'Suspends a license until it is reinstated.', plainBody, () => ({
    action: 'suspended',
  })),
  defineAction(
    'reinstate',
    'Reverses a revocation or suspension by an admin. With `clearRisk`, also reverses the effect of a refund or dispute.',
    bodyWith({ clearRisk: z.optional(z.boolean('must be true or false')) }),
    ({ clearRisk = false }) => ({ action: 'reinstated', clearRisk }),
  ),
  defineAction(
    'extend',
    'Extends a license regardless of payment: by `days` from its expiry, or `until` the end of a UTC day.',
    bodyWith({
      days: z.optional(wholeNumberSchema(1, MAX_DURATION_DAYS)),
      until: z.optional(day),
    }).check(exactlyOne('days', 'until')),
    ({ days, until }) => ({
      action: 'extended',
      ...(until === undefined ? { days: days ?? 0 } : { until }),
    }),
  ),
  defineAction(
    'change-tier',
    'Changes the tier of a license; the key stays the same. Without `seats`, the license gets the seats of the tier.',
    bodyWith({ tier: tierSchema(catalog), seats: z.optional(wholeNumberSchema(1, 100_000)) }),
    ({ tier, seats }) => ({ action: 'tier_changed', tier: tier.name, seats: seats ?? tier.seats }),
  ),
  defineAction(
    'transfer',
    'Transfers a license to another user, email address, or both. The key stays the same.',
    bodyWith({ userId: z.optional(id), userEmail: z.optional(z.nullable(email)) }).check(
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
  defineAction('resend', 'Sends the email with the key again.', plainBody, () => ({
    action: 'resent',
  })),
  defineAction(
    'note',
    'Adds a note to the history without changing the license.',
    plainBody,
    () => ({
      action: 'noted',
    }),
  ),

  define({
    name: 'reveal',
    summary: 'Returns the key, and records the access in the history.',
    body: plainBody,
    response: keyResponse,
    async respond(context, { params, body }) {
      // A key that cannot be derived must not be recorded as revealed.
      rederiveKey(await loadLicense(context, params), context.keys)
      const license = await manage(context, params, body, { action: 'revealed' })
      const key = rederiveKey(license, context.keys)
      return { ...toLicenseResponse(license, context.now), license: key }
    },
  }),

  define({
    name: 'reissue',
    summary:
      'Replaces a leaked key and keeps everything else. The old key stays valid for `overlapHours`, by default 0.',
    body: bodyWith({ overlapHours: z.optional(hours) }),
    response: keyResponse,
    async respond(context, { params, body }) {
      const { overlapHours = 0, version: expected } = body
      const overlap = overlapHours === 0 ? -1 : (overlapHours * DAY_MS) / 24
      const { license, key } = unwrap(
        await reissueKey(
          context,
          parseLicenseId(params),
          overlap,
          toCause(context, body),
          expected,
        ),
      )
      return { ...toLicenseResponse(license, context.now), license: key }
    },
  }),
]
