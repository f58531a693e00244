import * as z from 'zod/mini'
import { resolveFeatures } from '../http/licenseBody.ts'
import { Problem } from '../http/problem.ts'
import { license as keySchema } from '../http/request.ts'
import { applyChange, evaluate, findLicenseId, judge, type License } from '../license/index.ts'
import { type AdminContext, defineRoute, parseLicenseId } from './route.ts'
import {
  DEFAULT_LIMIT,
  licenseResponse,
  limit,
  moment,
  toEventResponse,
  toLicenseResponse,
} from './schemas.ts'

const eventResponse = z.object({
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  reason: z.string(),
  requestId: z.string(),
  before: z.nullable(z.looseObject({})),
  after: z.looseObject({}),
})

const deviceResponse = z.object({
  key: z.string(),
  name: z.nullable(z.string()),
  hint: z.string(),
  activatedAt: z.number(),
})

const mailResponse = z.object({
  kind: z.string(),
  state: z.string(),
  at: z.number(),
  changedAt: z.nullable(z.number()),
  detail: z.nullable(z.string()),
})

const verdictResponse = z.object({
  valid: z.boolean(),
  code: z.string(),
  state: z.string(),
  expiresAt: z.nullable(z.number()),
})

const factsResponse = z.object({
  admin: z.string(),
  risk: z.string(),
  billing: z.looseObject({ status: z.string(), paidUntil: z.nullable(z.number()) }),
  extendedUntil: z.optional(z.number()),
})

/** Number of history entries shown with a license. */
const SHOWN_EVENTS = 100

/** @throws Problem `NOT_FOUND` */
export async function loadLicense(
  { store }: AdminContext,
  params: Readonly<Record<string, string>>,
): Promise<License> {
  const license = await store.find(parseLicenseId(params))
  if (license) return license
  throw new Problem('NOT_FOUND', { error: 'There is no such license' })
}

function toVerdictResponse(license: License, now: number) {
  const { valid, ...verdict } = judge(license, now)
  const { state, expiresAt } = evaluate(license.facts, now)
  return { valid, code: 'code' in verdict ? verdict.code : 'VALID', state, expiresAt }
}

export const LICENSE_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/licenses/{id}',
    scope: 'licenses:read',
    summary:
      'Returns a license with its current verdict and the facts behind it, devices, emails, and history, newest first.',
    response: z.extend(licenseResponse, {
      features: z.array(z.string()),
      verdict: verdictResponse,
      facts: factsResponse,
      keyVersion: z.string(),
      earlierKeys: z.array(z.object({ issuedAt: z.number(), until: z.number() })),
      activeDevices: z.array(deviceResponse),
      mails: z.array(mailResponse),
      events: z.array(eventResponse),
    }),
    refusals: ['NOT_FOUND'],
    async respond(context, { params }) {
      const { store, outbox, now, catalog } = context
      const license = await loadLicense(context, params)
      const [events, devices, mails] = await Promise.all([
        store.history(license.id, { limit: SHOWN_EVENTS }),
        store.devices(license.id),
        outbox.list(license.id),
      ])
      return {
        ...toLicenseResponse(license, now),
        features: resolveFeatures(license.tier, catalog),
        verdict: toVerdictResponse(license, now),
        facts: license.facts,
        keyVersion: license.origin.keyVersion,
        earlierKeys: license.earlierKeys.map(({ origin, until }) => ({
          issuedAt: origin.issuedAt * 1000,
          until,
        })),
        activeDevices: devices
          .filter(({ releasedAt }) => releasedAt === null)
          .toSorted((a, b) => a.activatedAt - b.activatedAt)
          .map(({ releasedAt: _, ...device }) => device),
        mails: mails.map(({ licenseId: _, period: _period, ...mail }) => mail),
        events: events.map(toEventResponse),
      }
    },
  }),

  defineRoute({
    method: 'GET',
    path: '/licenses/{id}/events',
    scope: 'licenses:read',
    summary: 'Lists the history of a license up to a time, newest first.',
    query: z.object({ until: z.optional(moment), limit: z.optional(limit) }),
    response: z.object({ items: z.array(eventResponse) }),
    refusals: ['NOT_FOUND'],
    async respond(context, { params, query }) {
      const { id: licenseId } = await loadLicense(context, params)
      const { until, limit: size = DEFAULT_LIMIT } = query
      const range = { limit: size, ...(until !== undefined && { until }) }
      return { items: (await context.store.history(licenseId, range)).map(toEventResponse) }
    },
  }),

  defineRoute({
    method: 'GET',
    path: '/licenses/{id}/at',
    scope: 'licenses:read',
    summary:
      'Returns the verdict of a license at a time: a past one from the history, a future one from the current facts.',
    query: z.object({ time: moment }),
    response: z.extend(verdictResponse, {
      time: z.number(),
      state: z.nullable(z.string()),
      tier: z.nullable(z.string()),
      userId: z.nullable(z.string()),
    }),
    refusals: ['NOT_FOUND'],
    async respond(context, { params, query: { time } }) {
      const current = await loadLicense(context, params)
      const license = await replayHistory(context, current, time)
      if (!license) {
        const unknown = { state: null, expiresAt: null, tier: null, userId: null }
        return { time, valid: false, code: 'NOT_FOUND', ...unknown }
      }
      const { tier, userId } = license
      return { time, ...toVerdictResponse(license, time), tier, userId }
    },
  }),

  defineRoute({
    method: 'POST',
    path: '/licenses/lookup',
    scope: 'licenses:read',
    summary:
      'Returns the license of a key, valid or not, including replaced keys. The key is in the body to keep it out of URLs.',
    body: z.object({ license: keySchema }, 'must be an object'),
    response: z.extend(licenseResponse, { replaced: z.boolean() }),
    refusals: ['NOT_FOUND'],
    async respond(context, { body }) {
      const id = findLicenseId(body.license, context.keys)
      const license = id && (await context.store.find(id))
      if (!license) throw new Problem('NOT_FOUND', { error: 'No license has this key' })
      return { ...toLicenseResponse(license, context.now), replaced: license.keyId !== id }
    },
  }),
]

/**
 * Rebuilds a license from its history as of `time` (milliseconds since the epoch). Returns the current license for a
 * future time, and undefined for a time before its issue.
 *
 * @throws StoreUnavailable
 */
async function replayHistory(
  { store, now }: AdminContext,
  license: License,
  time: number,
): Promise<License | undefined> {
  if (time >= now) return license
  const history = (await store.history(license.id, { until: time })).toReversed()
  if (history.length === 0) return
  return history.reduce<License>((known, { after, at }) => applyChange(known, after, at), {
    ...license,
    facts: UNSET_FACTS,
  })
}

/** Placeholders: the first history entry sets every fact. */
const UNSET_FACTS: License['facts'] = {
  admin: 'clear',
  billing: { status: 'pending', paidUntil: null },
  risk: 'clear',
}
