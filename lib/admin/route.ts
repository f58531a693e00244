import type * as z from 'zod/mini'
import type { Scope, TokenStore } from '../access/token.ts'
import type { Catalog } from '../catalog/schema.ts'
import type { Caller } from '../http/auth.ts'
import { Problem, type ProblemCode } from '../http/problem.ts'
import { type Keys, LICENSE_ID, type LicenseId } from '../license/index.ts'
import type { LicenseStore, SummaryStore } from '../license/store.ts'
import type { Outbox } from '../mail/outbox.ts'

/** The number of verifications on a UTC day, such as `2026-11-25`. */
export interface DailyVerifications {
  readonly day: string
  readonly valid: number
  readonly refused: number
}

/** Dependencies available to a route handler. */
export interface AdminContext {
  readonly store: LicenseStore
  readonly tokens: TokenStore
  readonly outbox: Pick<Outbox, 'allow' | 'list'>
  readonly summary: Pick<SummaryStore, 'read'>
  readonly verifiesPerDay: (now: number) => Promise<readonly DailyVerifications[] | null>
  readonly catalog: Catalog
  readonly keys: Keys
  readonly stage: string
  /** True if this stage uses Stripe's live mode. */
  readonly livemode: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly caller: Caller
  readonly requestId: string
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey: () => string | undefined
}

interface AdminRequest<Query, Body> {
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
}

/** A route of the admin API, with everything that its documentation is generated from. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Below `/api/admin`. */
  readonly path: string
  /** Null if any valid token is sufficient. */
  readonly scope: Scope | null
  readonly summary: string
  readonly query: z.ZodMiniType | undefined
  readonly body: z.ZodMiniType | undefined
  readonly response: z.ZodMiniType
  /** True for a former name that keeps working. */
  readonly deprecated?: boolean
  /** Error codes in addition to those that every route can return. */
  readonly refusals: readonly ProblemCode[]
  readonly respond: (
    context: AdminContext,
    request: AdminRequest<unknown, unknown>,
  ) => Promise<object>
}

interface Definition<Query extends z.ZodMiniType, Body extends z.ZodMiniType>
  extends Pick<Route, 'method' | 'path' | 'scope' | 'summary' | 'response'> {
  readonly deprecated?: boolean
  readonly query?: Query
  readonly body?: Body
  readonly refusals?: readonly ProblemCode[]
  readonly respond: (
    context: AdminContext,
    request: AdminRequest<z.output<Query>, z.output<Body>>,
  ) => Promise<object>
}

/** Defines a route whose request has the types of its schemas. */
export function defineRoute<Query extends z.ZodMiniType, Body extends z.ZodMiniType>({
  query,
  body,
  refusals = [],
  respond,
  ...rest
}: Definition<Query, Body>): Route {
  return { ...rest, query, body, refusals, respond: respond as Route['respond'] }
}

/**
 * Returns the license id of the path.
 *
 * @throws Problem `NOT_FOUND` if it is malformed
 */
export function parseLicenseId({ id = '' }: Readonly<Record<string, string>>): LicenseId {
  if (LICENSE_ID.test(id)) return id as LicenseId
  throw new Problem('NOT_FOUND', { error: 'There is no such license' })
}
