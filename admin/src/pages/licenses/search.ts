/** The filters of the license list, as the URL holds them. */

export const STATES = [
  'active',
  'canceling',
  'grace',
  'pending',
  'expired',
  'suspended',
  'revoked',
] as const

export const WITHIN_DAYS = [7, 30, 90] as const

export interface ListSearch {
  /** Search text. */
  readonly q?: string
  readonly state?: (typeof STATES)[number]
  readonly tier?: string
  /** Only licenses that are valid now and expire within this number of days. */
  readonly within?: number
  readonly sort?: 'created' | 'end'
  readonly order?: 'asc' | 'desc'
  readonly cursor?: string
}

const oneOf = <T>(values: readonly T[], value: unknown): T | undefined =>
  values.find((known) => known === value)

const text = (value: unknown, maxLength: number): string | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number') return
  const trimmed = `${value}`.trim()
  return trimmed === '' || trimmed.length > maxLength ? undefined : trimmed
}

/** Parses query parameters. Invalid values are dropped. */
export function parseListSearch(params: Readonly<Record<string, unknown>>): ListSearch {
  const search = {
    q: text(params['q'], 256),
    state: oneOf(STATES, params['state']),
    tier: text(params['tier'], 32),
    within: oneOf(WITHIN_DAYS, Number(params['within'])),
    sort: oneOf(['created', 'end'] as const, params['sort']),
    order: oneOf(['asc', 'desc'] as const, params['order']),
    cursor: text(params['cursor'], 2000),
  }
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined))
}

const DAY_MS = 24 * 60 * 60 * 1000
const PAGE_SIZE = '25'

/**
 * Returns the query parameters of the API. The API combines a search text and an expiry only with state and tier, so
 * other filters of the URL are ignored then.
 *
 * @param now milliseconds since the epoch
 */
export function toListQuery(
  { q, state, tier, within, sort, order, cursor }: ListSearch,
  now: number,
) {
  const common = {
    limit: PAGE_SIZE,
    ...(state !== undefined && { state }),
    ...(tier !== undefined && { tier }),
    ...(cursor !== undefined && { cursor }),
  }
  if (q !== undefined) return { ...common, search: q }
  if (within !== undefined) {
    // A cursor is only valid for the same parameters, so round the time to the day.
    const today = Math.floor(now / DAY_MS) * DAY_MS
    return { ...common, expiringBefore: `${today + within * DAY_MS}` }
  }
  return { ...common, ...(sort !== undefined && { sort }), ...(order !== undefined && { order }) }
}

/** The tier of a license key and the first digit of its random part. The text before it is not secret. */
const TIER_AND_DIGIT = '-[A-Z][A-Z0-9_]*-[0-9A-F]'

/**
 * Returns true if a text contains a license key or the start of one. License keys are secret and must not get into a
 * URL.
 *
 * @param prefix of all keys; while it is unknown, any word is taken for it
 */
export function containsKey(text: string, prefix: string | undefined): boolean {
  const start = prefix ?? '[A-Z][A-Z0-9]{0,15}'
  return new RegExp(`(?:^|[^A-Z0-9])${start}${TIER_AND_DIGIT}`, 'i').test(text)
}

const COMPLETE_KEY =
  /(?:^|[^A-Z0-9])([A-Z][A-Z0-9]{0,15}-[A-Z][A-Z0-9_]{0,31}-[0-9A-F]{12}-\d{10,})/i

export const findCompleteKey = (text: string): string | undefined => COMPLETE_KEY.exec(text)?.[1]
