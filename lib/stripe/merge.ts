/**
 * Joins what two events say about one object. Every join is the greater of two by a total order, or a union: events
 * may come in any order and any number of times, and the result is the same.
 */

import { stringify } from 'safe-stable-stringify'

/** The greater by its rank, number by number. Of two with one rank, the text decides: always the same one. */
export function greater<T>(a: T, b: T, rank: (value: T) => readonly number[]): T {
  const difference = compare(rank(a), rank(b))
  if (difference !== 0) return difference > 0 ? a : b
  return canonicalText(a) >= canonicalText(b) ? a : b
}

export function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((number, place) => number !== b[place])
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}

/** The same for the same value, whatever order its fields have. */
export const canonicalText = (value: unknown) => stringify(value) ?? ''

export function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

export function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort()
}

export type ById<T> = Readonly<Record<string, T>>

/** In the order of the names, so that nothing depends on which came first. */
export function mergeById<T>(a: ById<T>, b: ById<T>, join: (a: T, b: T) => T): ById<T> {
  const joined = new Map(Object.entries(a))
  for (const [name, value] of Object.entries(b)) {
    const known = joined.get(name)
    joined.set(name, known === undefined ? value : join(known, value))
  }
  return Object.fromEntries([...joined].sort(([x], [y]) => (x < y ? -1 : 1)))
}

/** A value, and when Stripe said it, in milliseconds since the epoch. */
export interface Dated<T> {
  readonly at: number
  readonly value: T
}

export function newer<T>(a: Dated<T> | null, b: Dated<T> | null): Dated<T> | null {
  return a === null || b === null ? (a ?? b) : greater(a, b, ({ at }) => [at])
}

export const dated = <T>(at: number, value: T | null): Dated<T> | null =>
  value === null ? null : { at, value }
