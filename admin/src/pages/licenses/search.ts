/** What the list of licenses is asked for, as the URL holds it. */

export const STATES = [
  'active',
  'canceling',
  'grace',
  'pending',
  'expired',
  'suspended',
  'revoked',
] as const
type State = (typeof STATES)[number]

export const WITHIN_DAYS = [7, 30, 90] as const

export interface ListSearch {
  /** What a person typed. */
  readonly q?: string
  readonly state?: State
  readonly tier?: string
  /** Good now, and not in so many days. */
  readonly within?: number
  readonly sort?: 'created' | 'end'
  readonly order?: 'asc' | 'desc'
  readonly cursor?: string
}

const oneOf = <T>(values: readonly T[], value: unknown): T | undefined =>
  values.find((known) => known === value)

const text = (value: unknown, most: number): string | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number') return
  const trimmed = `${value}`.trim()
  return trimmed === '' || trimmed.length > most ? undefined : trimmed
}

/** Takes from a URL what can be asked for, and nothing else. */
export function parseListSearch(given: Readonly<Record<string, unknown>>): ListSearch {
  const found = {
    q: text(given['q'], 256),
    state: oneOf(STATES, given['state']),
    tier: text(given['tier'], 32),
    within: oneOf(WITHIN_DAYS, Number(given['within'])),
    sort: oneOf(['created', 'end'] as const, given['sort']),
    order: oneOf(['asc', 'desc'] as const, given['order']),
    cursor: text(given['cursor'], 2000),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

/** Of a tier, and what comes behind it. What comes before that everybody may know. */
const REST = '-[A-Z][A-Z0-9_]*-[0-9A-F]'

/**
 * Whether a license key or the beginning of one is in a text, whatever stands around it. A key is a secret, so it is never put
 * into a URL.
 *
 * @param prefix what every key begins with; while nobody knows it, more is taken for a key
 */
export function containsKey(typed: string, prefix: string | undefined): boolean {
  const start = prefix === undefined ? '[A-Z][A-Z0-9]{0,15}' : prefix
  return new RegExp(`(?:^|[^A-Z0-9])${start}${REST}`, 'i').test(typed)
}

const WHOLE = /(?:^|[^A-Z0-9])([A-Z][A-Z0-9]{0,15}-[A-Z][A-Z0-9_]{0,31}-[0-9A-F]{12}-\d{10,})/i

/** The whole key in a text. */
export const findCompleteKey = (typed: string): string | undefined => WHOLE.exec(typed)?.[1]
