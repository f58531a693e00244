import { auditChange, type Cause, selectReplaced } from './audit.ts'
import { evaluate } from './evaluate.ts'
import type { License, LicenseChange, LicenseId } from './license.ts'
import type { Notice } from './notices.ts'
import { err, ok, type Result } from './result.ts'
import type { LicenseStore } from './store.ts'
import { DAY_MS } from './time.ts'

/** The reason why an action was not applied. `why` is a text for people. */
export interface Refusal {
  readonly code: 'NOT_FOUND' | 'CONFLICT'
  readonly why: string
}

/** An admin's action on a license. */
export type LicenseAction =
  | { readonly action: 'revoked' | 'suspended' | 'revealed' | 'noted' | 'resent' }
  /** `clearRisk` also clears a refund or dispute, which otherwise still applies. */
  | { readonly action: 'reinstated'; readonly clearRisk: boolean }
  /** Adds days to the end, or to now if it has passed; or sets the end in milliseconds since the epoch. */
  | { readonly action: 'extended'; readonly days: number }
  | { readonly action: 'extended'; readonly until: number }
  | { readonly action: 'tier_changed'; readonly tier: string; readonly seats: number }
  | {
      readonly action: 'transferred'
      readonly userId?: string
      readonly userEmail?: string | null
    }

export interface ManageContext {
  readonly store: Pick<LicenseStore, 'find' | 'commit'>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Applies an action to a license and writes its history entry in one transaction. Returns `CONFLICT`, without any
 * effect, if the license was changed since it was read or since the `expected` version.
 *
 * @throws StoreUnavailable
 */
export async function manageLicense(
  { store, now }: ManageContext,
  id: LicenseId,
  requested: LicenseAction,
  cause: Cause,
  expected?: number,
): Promise<Result<License, Refusal>> {
  const license = await store.find(id)
  if (!license) return err(NOT_FOUND)
  if (expected !== undefined && expected !== license.version) return err(CONFLICT)
  const to = toChange(license, requested, now)
  if ('why' in to) return err({ code: 'CONFLICT', why: to.why })

  const isChange = Object.keys(to).length > 0
  // The history is ordered by time, whatever the clock of this instance says.
  const at = Math.max(now, license.changedAt + 1)
  const outcome = await store.commit({
    claims: [],
    license: {
      changed: license.id,
      ...(isChange && { expected: license.version }),
      to,
      audit: auditChange(cause, license.id, selectReplaced(license, to), to, at, requested.action),
      notices: toNotices(requested, now),
    },
    now,
  })
  if (outcome.status !== 'written') return err(CONFLICT)
  return ok(isChange ? applyChange(license, to, at) : license)
}

export const NOT_FOUND: Refusal = Object.freeze({
  code: 'NOT_FOUND',
  why: 'There is no such license',
})

export const CONFLICT: Refusal = Object.freeze({
  code: 'CONFLICT',
  why: 'The license was changed concurrently; reload it and try again',
})

function toChange(
  license: License,
  requested: LicenseAction,
  now: number,
): LicenseChange | { readonly why: string } {
  const { admin, risk } = license.facts
  switch (requested.action) {
    case 'revoked':
      return { admin: 'revoked' }
    case 'suspended':
      return admin === 'revoked'
        ? { why: 'The license is revoked; reinstate it first' }
        : { admin: 'suspended' }
    case 'reinstated':
      return {
        admin: 'clear',
        ...(requested.clearRisk && risk !== 'clear' && { risk: 'clear' as const }),
      }
    case 'extended':
      return extension(license, requested, now)
    case 'tier_changed':
      return { tier: requested.tier, seats: requested.seats }
    case 'transferred':
      return {
        ...(requested.userId !== undefined && { userId: requested.userId }),
        ...(requested.userEmail !== undefined && { userEmail: requested.userEmail }),
      }
    case 'revealed':
    case 'noted':
    case 'resent':
      return {}
  }
}

/** Returns the emails that an action sends. Sending the key again needs a period of its own. */
function toNotices({ action }: LicenseAction, now: number): readonly Notice[] {
  if (action === 'revoked') return [{ kind: 'revoked', period: `${now}`, at: now }]
  return action === 'resent' ? [{ kind: 'issued', period: `resent ${now}`, at: now }] : []
}

function extension(
  { facts }: License,
  requested: { readonly days: number } | { readonly until: number },
  now: number,
): LicenseChange | { readonly why: string } {
  const { expiresAt, state } = evaluate(facts, now)
  if (expiresAt === null && state !== 'pending') return { why: 'The license never expires' }
  const end = Math.max(expiresAt ?? now, now)
  const until = 'until' in requested ? requested.until : end + requested.days * DAY_MS
  return until > end
    ? { extendedUntil: until }
    : { why: 'The license already expires later than that' }
}

/** Returns the license after a change. `at` is in milliseconds since the epoch. */
export function applyChange(license: License, change: LicenseChange, at: number): License {
  const { admin, billing, risk, extendedUntil, ...terms } = { ...license.facts, ...change }
  const facts = { admin, billing, risk, ...(extendedUntil !== undefined && { extendedUntil }) }
  return { ...license, ...terms, facts, version: license.version + 1, changedAt: at }
}
